// SPDX-License-Identifier: Apache-2.0
// Stands in for libFuzzer in ordinary builds: feeds each file of the named folders, and every
// beginning of it (up to 4 KiB: a torn object is the commonest bad one), to the fuzz target.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kLongestBeginning = 4096;

void replay(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> text((std::istreambuf_iterator<char>(file)),
                                 std::istreambuf_iterator<char>());
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    for (std::size_t size = 0; size < std::min(bytes.size(), kLongestBeginning); ++size) {
        // A copy of just this size, so that the address sanitizer sees a read past its end.
        const std::vector<std::uint8_t> beginning(bytes.data(), bytes.data() + size);
        LLVMFuzzerTestOneInput(beginning.data(), beginning.size());
    }
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

} // namespace

int main(int argc, char** argv) {
    std::size_t files = 0;
    for (int i = 1; i < argc; ++i) {
        std::error_code error;
        for (const auto& entry : std::filesystem::directory_iterator(argv[i], error)) {
            replay(entry.path());
            ++files;
        }
        if (error) {
            std::fprintf(stderr, "%s: %s\n", argv[i], error.message().c_str());
            return 1;
        }
    }
    std::printf("replayed %zu files\n", files);
    return files == 0 ? 1 : 0;
}
