//! The C surface: the only `extern "C"` code, one file per C noun. Raw pointers stop here.
