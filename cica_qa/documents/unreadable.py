"""Why a file cannot be read: errors with what Arabic readers are told to do about it."""

from __future__ import annotations

from cica_qa.errors import DocumentError, UnreadableError


class EmptyFileError(DocumentError):
    """A file has no text."""

    default_arabic = "لا نص في هذا الملف."


class DamagedFileError(UnreadableError):
    """A file is damaged, cut off, or not what it says that it is."""

    default_arabic = "الملف تالف أو ناقص. احفظه من جديد بالبرنامج الذي أنشأه، ثم أضفه."


class EncryptedFileError(UnreadableError):
    """A file cannot be read without a password."""

    default_arabic = "الملف محميّ. احفظ نسخة منه بلا كلمة مرور، ثم أضفها."


class LargeFileError(UnreadableError):
    """A file has more, or takes longer, than is read."""

    default_arabic = "الملف أكبر مما يُقرأ. قسّمه، ثم أضف أجزاءه."


class MisnamedFileError(UnreadableError):
    """A file is not of the format that its name says."""

    default_arabic = "محتوى الملف يخالف اسمه. سمِّه باسمه الصحيح أو احفظه من جديد، ثم أضفه."


class NoTextFileError(UnreadableError):
    """A file is to be text and is none, or in no encoding that is known."""

    default_arabic = "ليس هذا الملف نصًّا يُقرأ. احفظه نصًّا بترميز UTF-8، ثم أضفه."


class OldOfficeError(UnreadableError):
    """A file is of an Office from before 2007."""

    default_arabic = "هذا ملف Office قديم. احفظه بصيغة docx أو xlsx أو pptx، ثم أضفه."


class ArchiveError(UnreadableError):
    """A file is an archive of others."""

    default_arabic = "هذا ملف مضغوط. فُكّه، ثم أضف ما فيه."


class PictureError(UnreadableError):
    """Nothing was read in pictures."""

    default_arabic = "لم يُقرأ نص في الصورة. تأكّد من وضوحها واستقامتها، ثم أضفها من جديد."


class NotInstalledError(UnreadableError):
    """What reads files of that format is not installed."""

    default_arabic = "لا يقرأ هذا الخادم هذا النوع من الملفات. على من يديره أن يثبّت ما ينقصه."
