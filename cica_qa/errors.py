"""The errors that the library raises on purpose. Every message says what to do next.

::

    CicaError
    ├── SettingsError           a setting is unknown or has a value it cannot have
    ├── QuestionError           the question cannot be searched as it is
    ├── FilterError             the filter of a search says what cannot be
    ├── CollectionError         there is no collection of that name
    ├── DocumentError           a document is missing, empty or a duplicate
    │   └── UnreadableError     its file cannot be read or is not text
    ├── EvaluationError        an evaluation cannot be run or compared as asked
    ├── QuestionSetError        a set of questions or a run cannot be read, or is faulty
    ├── ModelError              the encoder cannot be prepared or loaded
    └── IndexStoreError         something about an index folder
        ├── IndexMissingError   there is no index there
        ├── IndexDamagedError   its files are not what its manifest says
        ├── IndexVersionError   it was written in another format, by a newer version
        │   └── IndexOutdatedError  … or by an older one: it must be made again
        ├── IndexMismatchError  it was made with another model or other settings
        ├── IndexBusyError      another build is at work
        └── IndexWriteError     it could not be written; what was published still stands
"""

from __future__ import annotations


class CicaError(Exception):
    """The base of all. ``str(error)`` is in English, ``error.arabic`` for Arabic readers."""

    default_arabic = "تعذّر إتمام الطلب."

    def __init__(self, message: str, *, arabic: str | None = None) -> None:
        super().__init__(message)
        self.arabic = arabic or self.default_arabic


class SettingsError(CicaError, ValueError):
    """A setting is unknown or has a value it cannot have."""

    default_arabic = "في الإعدادات قيمة غير صالحة."


class QuestionError(CicaError, ValueError):
    """The question cannot be searched as it is."""

    default_arabic = "لا يمكن البحث عن هذا السؤال كما هو. أعد صياغته من فضلك."


class FilterError(CicaError, ValueError):
    """The filter of a search is empty, of the wrong type, or says what cannot be."""

    default_arabic = "شرط البحث غير صالح."


class CollectionError(CicaError, LookupError):
    """There is no collection of that name."""

    default_arabic = "لا توجد مجموعة وثائق بهذا الاسم."


class DocumentError(CicaError, ValueError):
    """A document is missing, empty, binary, unreadable or a duplicate."""

    default_arabic = "تعذّرت قراءة إحدى الوثائق."


class LastDocumentError(DocumentError):
    """The index would be left without a document."""

    default_arabic = "لا يمكن حذف آخر وثيقة. أضف وثيقة أخرى أولًا."


class UnreadableError(DocumentError):
    """A file cannot be read, or what is in it is not text."""


class EvaluationError(CicaError):
    """An evaluation cannot be run, gone on with or compared as asked."""

    default_arabic = "تعذّر إجراء التقييم."


class QuestionSetError(CicaError, ValueError):
    """A set of questions, its judgements or a run cannot be read; the message says where."""

    default_arabic = "تعذّرت قراءة مجموعة الأسئلة."


class ModelError(CicaError):
    """The encoder cannot be prepared, verified or loaded."""

    default_arabic = "تعذّر تجهيز النموذج اللغوي."


class IndexStoreError(CicaError):
    """Something about an index folder."""

    default_arabic = "في الفهرس خلل. أعد بناءه من فضلك."


class IndexMissingError(IndexStoreError, FileNotFoundError):
    """There is no index in that folder."""

    default_arabic = "لا يوجد فهرس بعد. ابنِ الفهرس أولًا."


class IndexDamagedError(IndexStoreError):
    """The files of an index are not what its manifest says."""

    default_arabic = "ملفات الفهرس تالفة. أعد بناءه من فضلك."


class IndexVersionError(IndexStoreError):
    """The index was written by a newer version of this package."""

    default_arabic = "أُنشئ الفهرس بإصدار أحدث من البرنامج. حدّث البرنامج من فضلك."


class IndexOutdatedError(IndexVersionError):
    """The index was written by an older version, in a format that is no longer read."""

    default_arabic = "أُنشئ الفهرس بإصدار أقدم من البرنامج. أعد بناءه من فضلك."


class IndexMismatchError(IndexStoreError):
    """The index was made with another model or with other settings."""

    default_arabic = "أُنشئ الفهرس بنموذج آخر أو بإعدادات أخرى. أعد بناءه من فضلك."


class IndexBusyError(IndexStoreError):
    """Another build of the same index is at work."""

    default_arabic = "يجري الآن بناء الفهرس في عملية أخرى. انتظر حتى تنتهي."


class IndexWriteError(IndexStoreError, OSError):
    """The new index could not be written; the published one still stands."""

    default_arabic = "تعذّرت كتابة الفهرس الجديد، ولا يزال الفهرس السابق صالحًا."
