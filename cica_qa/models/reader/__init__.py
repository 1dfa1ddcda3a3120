"""The trained reader, which finds the answer to a question in a text if there is one."""
