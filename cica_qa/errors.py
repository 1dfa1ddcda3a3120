"""The errors that the library raises on purpose. Every message says what to do next.

::

    CicaError
    ├── SettingsError             a setting is unknown or has an invalid value
    ├── QuestionError             the question cannot be searched as it stands
    ├── FilterError               the filter of a search is invalid
    ├── CollectionError           there is no collection of that name
    ├── DocumentError             a document is missing, empty or a duplicate
    │   ├── LastDocumentError     deleting it would leave the index empty
    │   └── UnreadableError       its file cannot be read or is not text
    ├── EvaluationError           an evaluation cannot be run or compared
    ├── QuestionSetError          a question set or a run cannot be read or is invalid
    ├── ModelError                a model cannot be prepared or loaded
    └── IndexStoreError           something is wrong with an index
        ├── IndexMissingError     there is no index in that folder
        ├── IndexDamagedError     its files do not match its manifest
        ├── IndexVersionError     its format is newer than this version reads
        │   └── IndexOutdatedError    its format is too old: it has to be rebuilt
        ├── IndexMismatchError    it was built with another model or other settings
        ├── IndexBusyError        another build is in progress
        ├── IndexUnavailableError the engine that keeps it cannot be reached
        └── IndexWriteError       it could not be written; the published one is intact
"""

from __future__ import annotations


class CicaError(Exception):
    """Base class. ``str(error)`` is in English, ``error.arabic`` is for Arabic readers."""

    default_arabic = "تعذّر إتمام الطلب."

    def __init__(self, message: str, *, arabic: str | None = None) -> None:
        super().__init__(message)
        self.arabic = arabic or self.default_arabic


class SettingsError(CicaError, ValueError):
    """A setting is unknown or has an invalid value."""

    default_arabic = "في الإعدادات قيمة غير صالحة."


class QuestionError(CicaError, ValueError):
    """The question cannot be searched as it stands."""

    default_arabic = "لا يمكن البحث عن هذا السؤال كما هو. أعد صياغته من فضلك."


class FilterError(CicaError, ValueError):
    """The filter of a search is empty, of the wrong type or contradictory."""

    default_arabic = "شرط البحث غير صالح."


class CollectionError(CicaError, LookupError):
    """There is no collection of that name."""

    default_arabic = "لا توجد مجموعة وثائق بهذا الاسم."


class DocumentError(CicaError, ValueError):
    """A document is missing, empty, binary, unreadable or a duplicate."""

    default_arabic = "تعذّرت قراءة إحدى الوثائق."


class LastDocumentError(DocumentError):
    """Deleting the last document would leave the index empty."""

    default_arabic = "لا يمكن حذف آخر وثيقة. أضف وثيقة أخرى أولًا."


class UnreadableError(DocumentError):
    """A file cannot be read, or its content is not text."""


class EvaluationError(CicaError):
    """An evaluation cannot be run, resumed or compared as requested."""

    default_arabic = "تعذّر إجراء التقييم."


class QuestionSetError(CicaError, ValueError):
    """A question set, its judgements or a run cannot be read; the message says where."""

    default_arabic = "تعذّرت قراءة مجموعة الأسئلة."


class ModelError(CicaError):
    """A model cannot be prepared, verified or loaded."""

    default_arabic = "تعذّر تجهيز النموذج اللغوي."


class IndexStoreError(CicaError):
    """Something is wrong with an index."""

    default_arabic = "في الفهرس خلل. أعد بناءه من فضلك."


class IndexMissingError(IndexStoreError, FileNotFoundError):
    """There is no index in that folder."""

    default_arabic = "لا يوجد فهرس بعد. ابنِ الفهرس أولًا."


class IndexDamagedError(IndexStoreError):
    """The files of an index do not match its manifest."""

    default_arabic = "ملفات الفهرس تالفة. أعد بناءه من فضلك."


class IndexVersionError(IndexStoreError):
    """The index was written by a newer version of this package."""

    default_arabic = "أُنشئ الفهرس بإصدار أحدث من البرنامج. حدّث البرنامج من فضلك."


class IndexOutdatedError(IndexVersionError):
    """The index was written by an older version, in a format that is no longer supported."""

    default_arabic = "أُنشئ الفهرس بإصدار أقدم من البرنامج. أعد بناءه من فضلك."


class IndexMismatchError(IndexStoreError):
    """The index was built with another model or with other settings."""

    default_arabic = "أُنشئ الفهرس بنموذج آخر أو بإعدادات أخرى. أعد بناءه من فضلك."


class IndexBusyError(IndexStoreError):
    """Another build of the same index is in progress."""

    default_arabic = "يجري الآن بناء الفهرس في عملية أخرى. انتظر حتى تنتهي."


class IndexUnavailableError(IndexStoreError, ConnectionError):
    """The engine that keeps the index cannot be reached, or not now."""

    default_arabic = "تعذّر الوصول إلى محرّك الفهرس. تأكّد من أنه يعمل ثم أعد المحاولة."


class IndexWriteError(IndexStoreError, OSError):
    """The new index could not be written; the published one is intact."""

    default_arabic = "تعذّرت كتابة الفهرس الجديد، ولا يزال الفهرس السابق صالحًا."
