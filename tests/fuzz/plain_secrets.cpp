// SPDX-License-Identifier: Apache-2.0
// Secrets of the fuzz targets lie in common memory: locked pages between guards cost a dozen calls
// of the system each, which is nearly all that an execution would take. And so the address
// sanitizer sees what is done to them, byte by byte. These stand before libsodium's own.
#include <cstddef>
#include <cstdlib>

extern "C" {

void* sodium_malloc(std::size_t size);
void* sodium_malloc(std::size_t size) {
    return std::malloc(size);
}

void sodium_free(void* memory);
void sodium_free(void* memory) {
    std::free(memory);
}
}
