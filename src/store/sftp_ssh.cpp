// SPDX-License-Identifier: Apache-2.0
#include "store/sftp_ssh.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

namespace saoluu::store::sftp {
namespace {

using util::message;
using util::tr;

/// A path as ssh's options take it: quoted, and its percent signs doubled.
/// errors: usage where it has what can't be quoted
Result<std::string> quoted(const std::string& path) {
    if (path.find_first_of("\"\\\n") != std::string::npos)
        return fail(ErrorKind::usage,
                    message(tr("{}: ssh takes no path with a quotation mark, a backslash or a "
                               "line break: use another"),
                            util::printable(path)));
    std::string out = "\"";
    for (const char c : path)
        out += c == '%' ? "%%" : std::string(1, c);
    return out + '"';
}

Result<void> check_readable(const std::string& path, const char* purpose) {
    if (::access(path.c_str(), R_OK) != 0)
        return Failure(util::system_error(errno, util::printable(path)).within(purpose));
    return {};
}

/// "ssh-ed25519" of "ssh-ed25519 AAAA… [comment]"; nothing where it is no such line.
std::optional<std::string> type_of_key(std::string_view key) {
    const auto is_word = [](std::string_view word) {
        return !word.empty() && word.front() != '-' && std::ranges::all_of(word, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   std::string_view("@.-+/=").find(c) != std::string_view::npos;
        });
    };
    const std::size_t space = key.find(' ');
    if (space == std::string_view::npos || key.find_first_of("\r\n") != std::string_view::npos)
        return std::nullopt;
    const std::string_view blob =
        key.substr(space + 1, key.find(' ', space + 1) - std::min(key.size(), space + 1));
    if (!is_word(key.substr(0, space)) || !is_word(blob) || !blob.starts_with("AAAA"))
        return std::nullopt;
    return std::string(key.substr(0, space));
}

} // namespace

/// A known_hosts file with one key, which is that of every host.
class Ssh::PinnedKey {
public:
    static Result<std::unique_ptr<PinnedKey>> make(const std::string& key) {
        std::error_code failed;
        const std::string folder = std::filesystem::temp_directory_path(failed).string();
        if (failed)
            return Failure(util::system_error(failed.value(), tr("the folder of temporary files")));
        std::string path = util::join(folder, "saoluu-known-host-XXXXXX");
        const util::Fd file(::mkostemp(path.data(), O_CLOEXEC));
        if (!file.is_open())
            return util::system_failure(path);
        std::unique_ptr<PinnedKey> made(new PinnedKey(std::move(path)));
        TRY(util::write_all(file.get(), util::as_bytes("* " + key + "\n"), made->path_));
        return made;
    }
    PinnedKey(const PinnedKey&) = delete;
    PinnedKey& operator=(const PinnedKey&) = delete;
    ~PinnedKey() { ::unlink(path_.c_str()); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    explicit PinnedKey(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

Ssh::Ssh() = default;
Ssh::Ssh(Ssh&&) noexcept = default;
Ssh& Ssh::operator=(Ssh&&) noexcept = default;
Ssh::~Ssh() = default;

Result<Ssh> Ssh::make(const SftpLocation& location, const Reach& reach) {
    Ssh ssh;
    ssh.what_ = util::printable(to_text(location));
    ssh.stop_ = reach.stop;
    // Nobody is there to be asked; a key that is not known is refused; nothing is forwarded; each
    // connection is a real one (a shared one would share its rate and its end); and ssh says
    // why it ends. ServerAlive finds out within 45 s that nobody is there any more.
    ssh.command_ = {"ssh", "-T"};
    for (const char* option :
         {"BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "ConnectTimeout=20",
          "ServerAliveInterval=15", "ServerAliveCountMax=3", "ClearAllForwardings=yes",
          "ForwardAgent=no", "ForwardX11=no", "PermitLocalCommand=no", "RemoteCommand=none",
          "ControlMaster=no", "ControlPath=none", "LogLevel=INFO"})
        ssh.command_.push_back(std::string("-o") + option);
    const auto add_file = [&](const char* option, const std::string& path) -> Result<void> {
        ssh.command_.push_back(fmt::format("-o{}={}", option, TRY(quoted(path))));
        return {};
    };
    const SftpReach& sftp = reach.sftp;
    if (!sftp.host_key.empty()) {
        const auto type = type_of_key(sftp.host_key);
        if (!type)
            return fail(ErrorKind::usage,
                        tr("the host key of an SFTP server is written \"ssh-ed25519 AAAA…\", as "
                           "ssh-keyscan shows it behind the host's name"));
        ssh.pinned_ = TRY(PinnedKey::make(sftp.host_key));
        TRY(add_file("UserKnownHostsFile", ssh.pinned_->path()));
        // An RSA key is named as it is kept, and signs by SHA-2.
        ssh.command_.push_back("-oHostKeyAlgorithms=" +
                               (*type == "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256" : *type));
    } else if (!sftp.known_hosts.empty()) {
        TRY(check_readable(sftp.known_hosts, tr("the file of known hosts")));
        TRY(add_file("UserKnownHostsFile", sftp.known_hosts));
    }
    if (!sftp.host_key.empty() || !sftp.known_hosts.empty())
        for (const char* option :
             {"GlobalKnownHostsFile=/dev/null", "KnownHostsCommand=none", "VerifyHostKeyDNS=no"})
            ssh.command_.push_back(std::string("-o") + option);
    if (!sftp.key_file.empty()) {
        TRY(check_readable(sftp.key_file, tr("the key of the SFTP account")));
        TRY(add_file("IdentityFile", sftp.key_file));
        ssh.command_.emplace_back("-oIdentitiesOnly=yes");
    }
    if (!location.user.empty())
        ssh.command_.insert(ssh.command_.end(), {"-l", location.user});
    if (location.port != 0)
        ssh.command_.insert(ssh.command_.end(), {"-p", fmt::format("{}", location.port)});
    ssh.command_.insert(ssh.command_.end(), {"-s", "--", location.host, "sftp"});
    return ssh;
}

Result<std::unique_ptr<Channel>> Ssh::connect() const {
    Result<util::Process> process = util::Process::start(command_);
    if (!process && process.error().kind() == ErrorKind::not_found)
        return fail(ErrorKind::usage,
                    message(tr("{}: the program ssh is missing on this machine: install the "
                               "package openssh-client"),
                            what_));
    if (!process)
        return Failure(std::move(process).error());
    Line line;
    line.to = std::move(process->in());
    line.from = std::move(process->out());
    line.process = *std::move(process);
    line.what = what_;
    line.explain = [what = what_](std::string_view said, bool has_begun) {
        return explain_ssh(what, said, has_begun);
    };
    line.stop = stop_;
    return Channel::begin(std::move(line));
}

Error explain_ssh(std::string_view what, std::string_view said, bool has_begun) {
    const auto has = [&](std::string_view words) {
        return said.find(words) != std::string_view::npos;
    };
    // ssh's last line, without the \r that it ends its lines with.
    std::string_view last = said.substr(0, said.find_last_not_of("\r\n ") + 1);
    last = last.substr(last.find_last_of("\r\n") + 1); // npos + 1 is 0
    const std::string words = util::printable(last);
    const auto error = [&](ErrorKind kind, const char* text) {
        return Error(kind, message(text, what, words));
    };
    if (has_begun)
        return error(ErrorKind::io, last.empty() ? tr("{}: the connection was lost")
                                                 : tr("{}: the connection was lost: {}"))
            .with_retry();
    if (has("IDENTIFICATION HAS CHANGED") || has("no matching host key type"))
        return error(ErrorKind::denied,
                     tr("{}: the server shows another host key than the one that is known. "
                        "Somebody may stand between; if the server was set up anew, ask its "
                        "administrator for the new key and put it in place of the old one"));
    if (has("Host key verification failed") || has("host key is known for"))
        return error(ErrorKind::denied,
                     tr("{}: the server's host key is not known here: ask its administrator for "
                        "it, then name it as host_key, or connect once with ssh by hand"));
    if (has("UNPROTECTED PRIVATE KEY"))
        return error(ErrorKind::denied, tr("{}: others may read the private key file, so ssh does "
                                           "not use it: chmod 600 it"));
    if (has("Permission denied"))
        return error(ErrorKind::denied,
                     tr("{}: the server refuses this account or key ({}). The public key must "
                        "stand in the account's authorized_keys, and a private key with a "
                        "passphrase must be in the agent"));
    if (has("Could not resolve hostname"))
        return error(ErrorKind::io, tr("{}: there is no host of that name, or no name server "
                                       "answers: check the name and the network ({})"))
            .with_retry();
    if (has("subsystem request failed"))
        return error(ErrorKind::unsupported,
                     tr("{}: the server has no SFTP for this account: ask its administrator to "
                        "allow the subsystem sftp"));
    if (has("Bad configuration option") || has("bad configuration options") ||
        has("Bad owner or permissions"))
        return error(ErrorKind::usage, tr("{}: ssh does not like its configuration: {}"));
    return error(ErrorKind::io, last.empty() ? tr("{}: the server ended the connection at once")
                                             : tr("{}: no connection: {}"))
        .with_retry();
}

} // namespace saoluu::store::sftp
