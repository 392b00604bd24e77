"""Whether an error says that no memory is left, whichever library met it."""

FULL_MEMORY = (
    "can't allocate memory",  # PyTorch's own
    "Cannot allocate memory",  # the operating system's, also where PyTorch or safetensors hand it on
    "could not create a memory object",  # oneDNN's
    "CUBLAS_STATUS_ALLOC_FAILED",
)
"""What libraries say when no memory is left, in errors of no type of their own."""


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` is a device or this machine saying that its memory is full; torch is not imported for it."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if str(error) == "could not create a primitive":  # oneDNN's; with more words it is of another kind
        return True
    return isinstance(error, RuntimeError | OSError) and any(words in str(error) for words in FULL_MEMORY)
