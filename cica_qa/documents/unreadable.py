"""Errors for files that cannot be read, with Arabic messages that say what to do."""

from __future__ import annotations

from cica_qa.errors import DocumentError, UnreadableError


class EmptyFileError(DocumentError):
    """A file has no text."""

    default_arabic = "لا نص في هذا الملف."


class DamagedFileError(UnreadableError):
    """A file is damaged, truncated, or not what it claims to be."""

    default_arabic = "الملف تالف أو ناقص. احفظه من جديد بالبرنامج الذي أنشأه، ثم أضفه."


class EncryptedFileError(UnreadableError):
    """A file cannot be read without a password."""

    default_arabic = "الملف محميّ. احفظ نسخة منه بلا كلمة مرور، ثم أضفها."


class LargeFileError(UnreadableError):
    """A file exceeds the limits on size or reading time."""

    default_arabic = "الملف أكبر مما يُقرأ. قسّمه، ثم أضف أجزاءه."


class MisnamedFileError(UnreadableError):
    """A file is not of the format that its suffix says."""

    default_arabic = "محتوى الملف يخالف اسمه. سمِّه باسمه الصحيح أو احفظه من جديد، ثم أضفه."


class NoTextFileError(UnreadableError):
    """A file expected to be text is not, or is in no known encoding."""

    default_arabic = "ليس هذا الملف نصًّا يُقرأ. احفظه نصًّا بترميز UTF-8، ثم أضفه."


class OldOfficeError(UnreadableError):
    """A file is of an Office version before 2007."""

    default_arabic = "هذا ملف Office قديم. احفظه بصيغة docx أو xlsx أو pptx، ثم أضفه."


class ArchiveError(UnreadableError):
    """A file is an archive of other files."""

    default_arabic = "هذا ملف مضغوط. فُكّه، ثم أضف ما فيه."


class PictureError(UnreadableError):
    """No text was found in a picture."""

    default_arabic = "لم يُقرأ نص في الصورة. تأكّد من وضوحها واستقامتها، ثم أضفها من جديد."


class NotInstalledError(UnreadableError):
    """A package or program needed to read the format is not installed."""

    default_arabic = "لا يقرأ هذا الخادم هذا النوع من الملفات. على من يديره أن يثبّت ما ينقصه."
