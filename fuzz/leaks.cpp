// LeakSanitizer does not see the stack of every thread that runs meanwhile (google/sanitizers issues 757 and 1836): what
// such a thread holds would look like a leak. So it looks when only the threads of libFuzzer are there, which hold nothing.
#include "leaks.h"

#include <sanitizer/lsan_interface.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

static std::string prefix;
static std::vector<std::string> programs;

static size_t threads_of_libfuzzer;

static size_t threads() {
    std::filesystem::directory_iterator tasks("/proc/self/task");
    return size_t(std::distance(begin(tasks), end(tasks)));
}

// Writes the programs since the last look beside libFuzzer's own findings, in the place of those of an earlier leak.
static void write_programs() {
    if (prefix.empty()) {
        return; // they were given
    }
    const std::filesystem::path folder = std::filesystem::path(prefix).parent_path();
    for (const auto &old : std::filesystem::directory_iterator(folder)) {
        if (old.path().string().rfind(prefix + "leak-", 0) == 0) {
            std::filesystem::remove(old.path());
        }
    }
    for (size_t i = 0; i < programs.size(); i++) {
        char number[16];
        snprintf(number, sizeof number, "%06zu", i);
        std::ofstream(prefix + "leak-" + number, std::ios::binary) << programs[i];
    }
}

void look_for_leaks() {
    using namespace std::chrono;
    const auto end = steady_clock::now() + seconds(15);
    while (threads() > threads_of_libfuzzer) {
        if (steady_clock::now() > end) {
            found("%zu threads of the library still run, 15 seconds after the program's end", threads() - threads_of_libfuzzer);
        }
        std::this_thread::sleep_for(milliseconds(10));
    }
    if (__lsan_do_recoverable_leak_check() != 0) {
        write_programs();
        found("a leak in one of the last %zu programs, %sleak-*", programs.size(), prefix.c_str());
    }
    // The last ones may have left pointers in places that are about to be used again, which would have hidden their leaks.
    const size_t kept = std::min(programs.size(), size_t(16));
    programs.erase(programs.begin(), programs.end() - ptrdiff_t(kept));
}

void remember(const uint8_t *data, size_t size) {
    if (threads_of_libfuzzer == 0) {
        threads_of_libfuzzer = threads();
        atexit(look_for_leaks); // before LeakSanitizer's own look
    }
    programs.emplace_back(reinterpret_cast<const char *>(data), size);
}

extern "C" int LLVMFuzzerInitialize(int *argc, char ***argv) {
    for (int i = 1; i < *argc; i++) {
        if (strncmp((*argv)[i], "-artifact_prefix=", 17) == 0) {
            prefix = (*argv)[i] + 17;
        }
    }
    return 0;
}
