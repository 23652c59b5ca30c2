// SPDX-License-Identifier: Apache-2.0
//
// Loaded into User-Mode Linux before its libc. Linux 6.1's keeps room for 2 KiB or so of a
// process's registers, and processors with AMX have 11 KiB: it panics as soon as its first process
// runs ("ptrace set fp regs failed, errno = 14"). Told that there are no extended registers, it
// keeps the old ones only, which is enough for programs that are not asked for more.
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kPeekText = 1, kPeekUser = 3, kGetRegisters = 0x4204, kSetRegisters = 0x4205 };
enum { kExtended = 0x202 }; // NT_X86_XSTATE

long ptrace(int request, ...) {
    va_list rest;
    va_start(rest, request);
    const long pid = va_arg(rest, long);
    void *const address = va_arg(rest, void *);
    void *const data = va_arg(rest, void *);
    va_end(rest);
    if ((request == kGetRegisters || request == kSetRegisters) && (long)address == kExtended) {
        errno = EINVAL;
        return -1;
    }
    // As libc does: the word that is looked at is the result.
    long word = 0;
    if (request >= kPeekText && request <= kPeekUser)
        return syscall(SYS_ptrace, request, pid, address, &word) < 0 ? -1 : word;
    return syscall(SYS_ptrace, request, pid, address, data);
}
