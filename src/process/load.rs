//! Code that runs when the library is loaded.

/// `at_load!({ ... })` runs the block once, on the thread that loads the library or starts the program, before any
/// other of its code. Memory may be taken in it; the library itself is not to be used.
macro_rules! at_load {
    ($body:block) => {
        #[used]
        #[cfg_attr(
                                                    target_vendor = "apple",
                                                    // SAFETY: the section is for functions without arguments, called once when the library is loaded.
                                                    unsafe(link_section = "__DATA,__mod_init_func")
                                                )]
        #[cfg_attr(
                                                    not(target_vendor = "apple"),
                                                    // SAFETY: as above.
                                                    unsafe(link_section = ".init_array")
                                                )]
        static AT_LOAD: extern "C" fn() = {
            extern "C" fn at_load() {
                $body
            }
            at_load
        };
    };
}
pub(crate) use at_load;
