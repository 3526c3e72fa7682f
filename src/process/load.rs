//! Code that runs when the library is loaded.

/// `at_load!({ ... })` runs the block once, before any other code of the library, on the thread that
/// loads the library or starts the program. The block may allocate memory, but must not use the
/// library.
// SAFETY of the link sections: they hold functions without arguments. Each function is called once
// when the library is loaded.
macro_rules! at_load {
    ($body:block) => {
        #[used]
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
        #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
        static AT_LOAD: extern "C" fn() = {
            extern "C" fn at_load() {
                $body
            }
            at_load
        };
    };
}
pub(crate) use at_load;
