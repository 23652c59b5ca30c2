// SPDX-License-Identifier: Apache-2.0
// A shared object to be preloaded: kills its process, as `kill -9` does, just before the n-th call
// by which it would change a disk. n is the number in KILL_AT. With COUNT_TO instead, the number of
// such calls is written into that file at the end.
#include <atomic>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

long number_in(const char* variable) {
    const char* text = std::getenv(variable);
    return text == nullptr ? 0 : std::atol(text);
}

std::atomic<long> calls = 0;

void count_call() {
    static const long at = number_in("KILL_AT");
    if (++calls == at)
        ::kill(::getpid(), SIGKILL);
}

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

struct AtEnd {
    AtEnd() = default;
    AtEnd(const AtEnd&) = delete;
    AtEnd& operator=(const AtEnd&) = delete;
    ~AtEnd() {
        const char* path = std::getenv("COUNT_TO");
        std::FILE* file = path == nullptr ? nullptr : std::fopen(path, "w");
        if (file == nullptr)
            return;
        std::fprintf(file, "%ld\n", calls.load());
        std::fclose(file);
    }
};
const AtEnd at_end;

} // namespace

extern "C" {

int openat64(int folder, const char* name, int flags, ...) {
    std::va_list more;
    va_start(more, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(more, unsigned)) : 0;
    va_end(more);
    if ((flags & (O_CREAT | O_TRUNC)) != 0)
        count_call();
    static const auto real = next<int(int, const char*, int, ...)>("openat64");
    return real(folder, name, flags, mode);
}
ssize_t write(int fd, const void* bytes, size_t size) {
    if (fd > 2)
        count_call();
    static const auto real = next<ssize_t(int, const void*, size_t)>("write");
    return real(fd, bytes, size);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
    count_call();
    static const auto real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
    return real(fd, bytes, size, at);
}
int ftruncate64(int fd, off64_t size) {
    count_call();
    static const auto real = next<int(int, off64_t)>("ftruncate64");
    return real(fd, size);
}
int fsync(int fd) {
    count_call();
    static const auto real = next<int(int)>("fsync");
    return real(fd);
}
int fdatasync(int fd) {
    count_call();
    static const auto real = next<int(int)>("fdatasync");
    return real(fd);
}
int rename(const char* from, const char* to) {
    count_call();
    static const auto real = next<int(const char*, const char*)>("rename");
    return real(from, to);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) {
    count_call();
    static const auto real = next<int(int, const char*, int, const char*)>("renameat");
    return real(from_folder, from, to_folder, to);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
    count_call();
    static const auto real = next<int(int, const char*, int, const char*, unsigned)>("renameat2");
    return real(from_folder, from, to_folder, to, flags);
}
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
    count_call();
    static const auto real = next<int(int, const char*, int, const char*, int)>("linkat");
    return real(from_folder, from, to_folder, to, flags);
}
int unlink(const char* path) {
    count_call();
    static const auto real = next<int(const char*)>("unlink");
    return real(path);
}
int unlinkat(int folder, const char* name, int flags) {
    count_call();
    static const auto real = next<int(int, const char*, int)>("unlinkat");
    return real(folder, name, flags);
}
int mkdir(const char* path, mode_t mode) {
    count_call();
    static const auto real = next<int(const char*, mode_t)>("mkdir");
    return real(path, mode);
}
int mkdirat(int folder, const char* name, mode_t mode) {
    count_call();
    static const auto real = next<int(int, const char*, mode_t)>("mkdirat");
    return real(folder, name, mode);
}
}
