"""The peers, each set up as a competent user would.

They use e5's prefixes, unit vectors, Arabic stems if the library has them, 50 candidates from each
side of a hybrid, and equal weights.

A builder takes the passages and returns the search. ``stored`` has precomputed vectors of passages
and questions, which are passed in whatever way the library offers; ``model`` is the folder of the
model, for the library's own embedder. With both, passages come from
``stored`` and questions are embedded by the library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

CANDIDATES = 50
QUERY, PASSAGE = "query: ", "passage: "

Search = Callable[[str, int], list[int]]
"""``search(question, k)``: the positions of up to ``k`` passages, best first."""


class Stored:
    """Precomputed vectors by prefixed text."""

    def __init__(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        self._rows = {text: row for row, text in enumerate(texts)}
        self._vectors = vectors

    def __contains__(self, text: str) -> bool:
        return text in self._rows

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Return an array of shape ``(len(texts), dimension)``."""
        return self._vectors[[self._rows[text] for text in texts]]

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        return self([PASSAGE + text for text in texts])

    def question(self, text: str) -> np.ndarray:
        return self([QUERY + text])[0]


def rank_bm25(texts: list[str], stored: Stored | None, model: Path | None) -> Search:
    from rank_bm25 import BM25Okapi

    index = BM25Okapi([text.split() for text in texts])
    positions = list(range(len(texts)))
    return lambda question, k: index.get_top_n(question.split(), positions, k)


def bm25s_words(texts: list[str], stored: Stored | None, model: Path | None) -> Search:
    return _bm25s(texts, None)


def bm25s_stems(texts: list[str], stored: Stored | None, model: Path | None) -> Search:
    import Stemmer

    return _bm25s(texts, Stemmer.Stemmer("arabic"))


def _bm25s(texts: list[str], stemmer: Any) -> Search:
    import bm25s

    def tokens(text: list[str], **options: Any) -> Any:
        return bm25s.tokenize(text, stopwords=None, stemmer=stemmer, show_progress=False, **options)

    index = bm25s.BM25()
    index.index(tokens(texts), show_progress=False)

    def search(question: str, k: int) -> list[int]:
        asked = tokens([question], return_ids=False)
        found, _ = index.retrieve(asked, k=min(k, len(texts)), show_progress=False)
        return [int(position) for position in found[0]]

    return search


def e5_faiss(texts: list[str], stored: Stored | None, model: Path | None) -> Search:
    import faiss

    encoder = _sentence_transformer(model) if model else None

    def embed(question: str) -> np.ndarray:
        if encoder is None:
            return stored.question(question)
        return encoder.encode_query([question], normalize_embeddings=True)[0]

    if stored is None:
        vectors = encoder.encode_document(texts, normalize_embeddings=True)
    else:
        vectors = stored.passages(texts)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return lambda question, k: [
        int(row) for row in index.search(embed(question)[None], k)[1][0] if row >= 0
    ]


def langchain_faiss(texts: list[str], stored: Stored | None, model: Path | None) -> Search:
    store = _langchain_store(texts, stored, model)
    return lambda question, k: [
        document.metadata["position"] for document in store.similarity_search(question, k)
    ]


def langchain_ensemble(texts: list[str], stored: Stored | None, model: Path | None) -> Search:
    from langchain_classic.retrievers import EnsembleRetriever
    from langchain_community.retrievers import BM25Retriever

    dense = _langchain_store(texts, stored, model).as_retriever(search_kwargs={"k": CANDIDATES})
    positions = [{"position": position} for position in range(len(texts))]
    lexical = BM25Retriever.from_texts(texts, metadatas=positions, k=CANDIDATES)
    retriever = EnsembleRetriever(
        retrievers=[lexical, dense], weights=[0.5, 0.5], id_key="position"
    )
    return lambda question, k: [
        document.metadata["position"] for document in retriever.invoke(question)[:k]
    ]


def _langchain_store(texts: list[str], stored: Stored | None, model: Path | None) -> Any:
    from langchain_community.vectorstores import FAISS
    from langchain_core.embeddings import Embeddings

    class StoredEmbeddings(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return stored.passages(texts).tolist()

        def embed_query(self, text: str) -> list[float]:
            return stored.question(text).tolist()

    embeddings: Embeddings = StoredEmbeddings()
    if model:
        from langchain_huggingface import HuggingFaceEmbeddings

        embeddings = HuggingFaceEmbeddings(
            model_name=str(model),
            encode_kwargs={"prompt_name": "passage", "normalize_embeddings": True},
            query_encode_kwargs={"prompt_name": "query", "normalize_embeddings": True},
        )
    positions = [{"position": position} for position in range(len(texts))]
    if stored is None:
        return FAISS.from_texts(texts, embeddings, metadatas=positions)
    pairs = zip(texts, stored.passages(texts).tolist(), strict=True)
    return FAISS.from_embeddings(pairs, embeddings, metadatas=positions)


def llama_index_hybrid(texts: list[str], stored: Stored | None, model: Path | None) -> Search:
    import faiss
    import Stemmer
    from llama_index.core import StorageContext, VectorStoreIndex
    from llama_index.core.llms import MockLLM
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.core.schema import TextNode
    from llama_index.retrievers.bm25 import BM25Retriever
    from llama_index.vector_stores.faiss import FaissVectorStore

    embedder = _llama_index_embedder(stored, model)
    nodes = [TextNode(text=text, id_=str(position)) for position, text in enumerate(texts)]
    if stored is not None:
        for node, vector in zip(nodes, stored.passages(texts).tolist(), strict=True):
            node.embedding = vector
    faiss_store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(_dimension(stored, embedder)))
    storage = StorageContext.from_defaults(vector_store=faiss_store)
    index = VectorStoreIndex(nodes, storage_context=storage, embed_model=embedder)
    candidates = min(CANDIDATES, len(texts))
    lexical = BM25Retriever.from_defaults(
        nodes=nodes,
        stemmer=Stemmer.Stemmer("arabic"),  # it has English stop words only, which do no harm
        similarity_top_k=candidates,
    )
    retriever = QueryFusionRetriever(
        [index.as_retriever(similarity_top_k=candidates), lexical],
        llm=MockLLM(),
        mode="reciprocal_rerank",
        num_queries=1,
        similarity_top_k=candidates,
        use_async=False,
    )
    return lambda question, k: [int(found.node.node_id) for found in retriever.retrieve(question)][
        :k
    ]


def _llama_index_embedder(stored: Stored | None, model: Path | None) -> Any:
    from llama_index.core.embeddings import BaseEmbedding

    if model:
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        return HuggingFaceEmbedding(
            str(model), query_instruction=QUERY, text_instruction=PASSAGE, embed_batch_size=32
        )

    class StoredEmbedding(BaseEmbedding):
        def _get_query_embedding(self, query: str) -> list[float]:
            return stored.question(query).tolist()

        def _get_text_embedding(self, text: str) -> list[float]:
            return stored.passages([text])[0].tolist()

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    return StoredEmbedding()


def _dimension(stored: Stored | None, embedder: Any) -> int:
    return stored._vectors.shape[1] if stored else len(embedder.get_text_embedding("a"))


def haystack_hybrid(texts: list[str], stored: Stored | None, model: Path | None) -> Search:
    from haystack import Document
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    documents = [Document(id=str(at), content=text) for at, text in enumerate(texts)]
    if stored is not None:
        for document, vector in zip(documents, stored.passages(texts).tolist(), strict=True):
            document.embedding = vector
    else:
        documents = _haystack_embedder("Document", PASSAGE, model).run(documents)["documents"]
    embedder = _haystack_embedder("Text", QUERY, model) if model else None
    store = InMemoryDocumentStore(
        embedding_similarity_function="cosine", return_embedding=False, shared=False
    )
    store.write_documents(documents)
    dense = InMemoryEmbeddingRetriever(store, top_k=CANDIDATES)
    lexical = InMemoryBM25Retriever(store, top_k=CANDIDATES)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", weights=[0.5, 0.5])

    def search(question: str, k: int) -> list[int]:
        if embedder is None:
            vector = stored.question(question).tolist()
        else:
            vector = embedder.run(question)["embedding"]
        sides = [
            dense.run(query_embedding=vector)["documents"],
            lexical.run(query=question)["documents"],
        ]
        return [int(document.id) for document in joiner.run(sides, top_k=k)["documents"]]

    return search


def _haystack_embedder(kind: str, prefix: str, model: Path | None) -> Any:
    from haystack_integrations.components.embedders import sentence_transformers as embedders

    embedder = getattr(embedders, f"SentenceTransformers{kind}Embedder")(
        model=str(model), prefix=prefix, normalize_embeddings=True, progress_bar=False
    )
    embedder.warm_up()
    return embedder


def txtai_hybrid(texts: list[str], stored: Stored | None, model: Path | None) -> Search:
    from txtai import Embeddings

    prefixes = {"query": QUERY, "data": PASSAGE}
    if stored is None:
        vectors = {"path": str(model), "method": "sentence-transformers"}
    else:
        encoder = _sentence_transformer(model) if model else None

        def embed(prefixed: list[str]) -> np.ndarray:
            if encoder is None or prefixed[0] in stored:
                return stored(prefixed)
            return encoder.encode(prefixed, normalize_embeddings=True)

        vectors = {"method": "external", "transform": embed}
    embeddings = Embeddings({**vectors, "instructions": prefixes, "hybrid": True})
    embeddings.index(enumerate(texts))
    return lambda question, k: [int(found) for found, _ in embeddings.search(question, k)]


def _sentence_transformer(model: Path | None) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(model), device="cpu")


SYSTEMS: dict[str, Callable[[list[str], Stored | None, Path | None], Search]] = {
    "BM25, rank-bm25, whitespace": rank_bm25,
    "BM25, bm25s, words": bm25s_words,
    "BM25, bm25s, Arabic stems": bm25s_stems,
    "e5 + FAISS flat": e5_faiss,
    "LangChain FAISS": langchain_faiss,
    "LangChain ensemble with BM25": langchain_ensemble,
    "LlamaIndex hybrid with BM25": llama_index_hybrid,
    "Haystack in-memory hybrid": haystack_hybrid,
    "txtai hybrid": txtai_hybrid,
}
LEXICAL = tuple(SYSTEMS)[:3]
PACKAGES = {
    "BM25, rank-bm25, whitespace": ("rank-bm25",),
    "BM25, bm25s, words": ("bm25s",),
    "BM25, bm25s, Arabic stems": ("bm25s", "PyStemmer"),
    "e5 + FAISS flat": ("sentence-transformers", "faiss-cpu"),
    "LangChain FAISS": ("langchain-community", "langchain-huggingface"),
    "LangChain ensemble with BM25": ("langchain-classic", "langchain-community", "rank-bm25"),
    "LlamaIndex hybrid with BM25": ("llama-index-core", "llama-index-retrievers-bm25"),
    "Haystack in-memory hybrid": ("haystack-ai", "sentence-transformers-haystack"),
    "txtai hybrid": ("txtai",),
}
