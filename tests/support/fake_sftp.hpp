// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sftp.hpp"
#include "util/bytes.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/// An SFTP server in memory that misbehaves as it is told: its own reading of the protocol, beside
/// that of the store.
namespace saoluu::test {

class FakeSftp {
public:
    struct Ways {
        bool rename_overwrites = false;
        bool has_hardlink = false;
        bool answers_backwards = false; ///< of all that came at once
        bool gives_half = false;        ///< of what a read asks for
        long cut_after = -1;            ///< requests of all connections; then each is closed
        /// In place of the answer to the n-th request (from 0) of a connection.
        long garbage_at = -1;
        std::string garbage = {};
        std::string hello = {};     ///< in place of the version packet
        bool is_silent = false;     ///< and is waited for 50 ms
        bool never_answers = false; ///< and is waited for
        std::atomic<bool> disk_is_full = false;
        bool keeps_less = false; ///< of what it is given to write
    };
    struct File {
        std::string bytes;
        std::uint32_t mtime = 1'800'000'000;
    };

    Ways ways;
    std::map<std::string, std::shared_ptr<File>> files;
    std::set<std::string> folders = {"/", "/r"};
    std::atomic<long> requests = 0;

    ~FakeSftp() { threads_.clear(); }

    store::SftpPlace place() {
        return {.connect = [this] { return connect(); }, .root = "/r", .label = "fake"};
    }
    Result<std::unique_ptr<store::sftp::Channel>> connect(std::stop_token stop = {}) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            std::abort();
        ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
        {
            const std::lock_guard lock(mutex_);
            threads_.emplace_back([this, end = ends[1]] { serve(end); });
        }
        store::sftp::Line line;
        line.to = util::Fd(ends[0]);
        line.from = util::Fd(::fcntl(ends[0], F_DUPFD_CLOEXEC, 0));
        line.what = "fake";
        line.stop = std::move(stop);
        line.silence = std::chrono::milliseconds(ways.is_silent ? 50 : 20'000);
        return store::sftp::Channel::begin(std::move(line));
    }
    std::vector<std::string> visible() {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> names;
        for (const auto& [name, file] : files)
            if (!name.starts_with("/r/tmp/"))
                names.push_back(name);
        return names;
    }

private:
    static std::string u32(std::uint32_t v) {
        std::string out;
        for (int shift = 24; shift >= 0; shift -= 8)
            out += static_cast<char>(v >> shift & 0xff);
        return out;
    }
    static std::string str(const std::string& s) { return u32(std::uint32_t(s.size())) + s; }
    static std::string packet(const std::string& body) { return str(body); }
    static std::string status(std::uint32_t code) {
        return '\x65' + std::string("ID..") + u32(code) + str("words") + str("en");
    }
    static std::string attributes(std::uint64_t size, std::uint32_t mode, std::uint32_t mtime) {
        return u32(1 | 4 | 8) + u32(std::uint32_t(size >> 32)) + u32(std::uint32_t(size)) +
               u32(mode) + u32(mtime) + u32(mtime);
    }
    struct In {
        std::string_view left;
        std::uint32_t u32() {
            std::uint32_t v = 0;
            for (int i = 0; i < 4; ++i)
                v = v << 8 | static_cast<unsigned char>(left[std::size_t(i)]);
            left.remove_prefix(4);
            return v;
        }
        std::uint64_t u64() {
            const std::uint64_t high = u32();
            return high << 32 | u32();
        }
        std::string str() {
            const std::size_t size = u32();
            std::string s(left.substr(0, size));
            left.remove_prefix(size);
            return s;
        }
    };
    struct Handle {
        std::shared_ptr<File> file;
        std::vector<std::pair<std::string, std::string>> names; ///< with attributes
    };

    bool has(const std::string& path) const { return files.count(path) + folders.count(path) != 0; }
    static std::string above(const std::string& path) {
        return path.rfind('/') == 0 ? "/" : path.substr(0, path.rfind('/'));
    }
    std::string look(const std::string& path) {
        if (const auto file = files.find(path); file != files.end())
            return '\x69' + std::string("ID..") +
                   attributes(file->second->bytes.size(), S_IFREG | 0600, file->second->mtime);
        if (folders.count(path) != 0)
            return '\x69' + std::string("ID..") + attributes(4096, S_IFDIR | 0700, 0);
        return status(2);
    }
    std::string rename(const std::string& from, const std::string& to, bool keep, bool overwrite) {
        if (files.count(from) == 0 || folders.count(above(to)) == 0)
            return status(2);
        if (has(to) && !overwrite)
            return status(4);
        files[to] = files[from];
        if (!keep)
            files.erase(from);
        return status(0);
    }

    std::string answer(std::uint8_t type, In in, std::map<std::string, Handle>& handles) {
        const auto give = [&](Handle handle) {
            const std::string name = "h" + std::to_string(++last_handle_);
            handles[name] = std::move(handle);
            return 'f' + std::string("ID..") + str(name);
        };
        switch (type) {
        case 3: {
            const std::string path = in.str();
            const std::uint32_t flags = in.u32();
            if ((flags & 8) == 0)
                return files.count(path) == 0 ? status(2) : give({files[path], {}});
            if (folders.count(above(path)) == 0)
                return status(2);
            if (has(path))
                return status(4);
            files[path] = std::make_shared<File>();
            return give({files[path], {}});
        }
        case 4:
            return status(handles.erase(in.str()) == 1 ? 0 : 4);
        case 5: {
            const std::string& bytes = handles[in.str()].file->bytes;
            const std::uint64_t offset = in.u64();
            std::uint32_t size = in.u32();
            if (offset >= bytes.size())
                return status(1);
            if (ways.gives_half && size > 1)
                size /= 2;
            return 'g' + std::string("ID..") + str(bytes.substr(offset, size));
        }
        case 6: {
            if (ways.disk_is_full)
                return status(4);
            std::string& bytes = handles[in.str()].file->bytes;
            const std::uint64_t offset = in.u64();
            std::string data = in.str();
            if (ways.keeps_less)
                data.pop_back();
            bytes.resize(std::max<std::size_t>(bytes.size(), offset + data.size()));
            bytes.replace(offset, data.size(), data);
            return status(0);
        }
        case 8: {
            const File& file = *handles[in.str()].file;
            return '\x69' + std::string("ID..") +
                   attributes(file.bytes.size(), S_IFREG | 0600, file.mtime);
        }
        case 7:
        case 17:
            return look(in.str());
        case 11: {
            const std::string path = in.str();
            if (folders.count(path) == 0)
                return status(2);
            Handle handle;
            const auto add = [&](const std::string& full, const std::string& about) {
                if (full != "/" && above(full) == path)
                    handle.names.emplace_back(full.substr(full.rfind('/') + 1), about);
            };
            for (const auto& [name, file] : files)
                add(name, attributes(file->bytes.size(), S_IFREG | 0600, file->mtime));
            for (const std::string& folder : folders)
                add(folder, attributes(0, S_IFDIR | 0700, 0));
            return give(std::move(handle));
        }
        case 12: {
            auto& names = handles[in.str()].names;
            if (names.empty())
                return status(1);
            std::string out;
            const std::size_t count = std::min<std::size_t>(2, names.size());
            for (std::size_t i = 0; i < count; ++i) {
                out += str(names.back().first) + str("long") + names.back().second;
                names.pop_back();
            }
            return 'h' + std::string("ID..") + u32(std::uint32_t(count)) + out;
        }
        case 13:
            return status(files.erase(in.str()) == 1 ? 0 : 2);
        case 14: {
            const std::string path = in.str();
            if (folders.count(above(path)) == 0)
                return status(2);
            return status(has(path) || !folders.insert(path).second ? 4 : 0);
        }
        case 18: {
            const std::string from = in.str();
            return rename(from, in.str(), false, ways.rename_overwrites);
        }
        case 200: {
            const std::string name = in.str();
            if (name == "statvfs@openssh.com") {
                std::string out = '\xc9' + std::string("ID..");
                for (int i = 0; i < 11; ++i)
                    out += u32(0) + u32(i == 1 ? 4096 : i == 9 || ways.disk_is_full ? 0 : 100'000);
                return out;
            }
            if (name != "hardlink@openssh.com" || !ways.has_hardlink)
                return status(8);
            const std::string from = in.str();
            return rename(from, in.str(), true, false);
        }
        default:
            return status(8);
        }
    }

    static void send(int end, const std::string& bytes) {
        for (std::size_t at = 0; at < bytes.size();) {
            const ssize_t sent = ::send(end, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
            if (sent <= 0)
                return;
            at += static_cast<std::size_t>(sent);
        }
    }

    void serve(int end) {
        const util::Fd closes(end);
        std::map<std::string, Handle> handles;
        std::string got;
        char piece[65536];
        long count = -1; // the first packet is the greeting
        for (;;) {
            const ssize_t size = ::read(end, piece, sizeof piece);
            if (size <= 0)
                return;
            got.append(piece, static_cast<std::size_t>(size));
            std::vector<std::string> answers;
            for (;;) {
                In in{got};
                if (got.size() < 4)
                    break;
                const std::size_t all = in.u32();
                if (got.size() < 4 + all)
                    break;
                const std::string body = in.left.substr(0, all) == "" ? "" : got.substr(4, all);
                got.erase(0, 4 + all);
                if (count++ < 0) {
                    send(end,
                         !ways.hello.empty()
                             ? ways.hello
                             : packet('\x02' + u32(3) + str("statvfs@openssh.com") + str("2") +
                                      (ways.has_hardlink ? str("hardlink@openssh.com") + str("1")
                                                         : std::string())));
                    continue;
                }
                if (ways.cut_after >= 0 && requests >= ways.cut_after)
                    return;
                ++requests;
                if (ways.is_silent || ways.never_answers)
                    continue;
                if (count - 1 == ways.garbage_at) {
                    send(end, ways.garbage);
                    return;
                }
                const std::lock_guard lock(mutex_);
                std::string reply = answer(static_cast<std::uint8_t>(body[0]),
                                           In{std::string_view(body).substr(5)}, handles);
                reply.replace(1, 4, body.substr(1, 4));
                answers.push_back(packet(reply));
            }
            if (ways.answers_backwards)
                std::reverse(answers.begin(), answers.end());
            for (const std::string& one : answers)
                send(end, one);
        }
    }

    std::mutex mutex_;
    int last_handle_ = 0;
    std::vector<std::jthread> threads_;
};

} // namespace saoluu::test
