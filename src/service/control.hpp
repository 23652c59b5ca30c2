// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/file.hpp"

#include "saoluu/result.hpp"

#include <functional>
#include <list>
#include <string>
#include <vector>

#include <poll.h>

namespace saoluu::service {

/// A local socket at which the daemon can be asked: a line each way, then it is closed. Its folder
/// lets nobody but the daemon's user, and root, come to it.
class ControlServer {
public:
    /// path: what is left there by a daemon before is removed; no daemon may run now
    static Result<ControlServer> listen(const std::string& path);
    ControlServer(ControlServer&&) noexcept = default;
    ControlServer& operator=(ControlServer&&) = delete;
    ~ControlServer();

    void waits_for(std::vector<pollfd>& fds) const;
    /// Takes what has come, and answers whole lines; never waits.
    void serve(const std::function<std::string(const std::string& line)>& answer);

private:
    struct Client {
        util::Fd fd;
        std::string line, answer;
        bool is_answered = false;
    };
    static constexpr std::size_t kMostClients = 16;
    ControlServer(std::string path, util::Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
    static bool go_on(Client& client,
                      const std::function<std::string(const std::string& line)>& answer);

    std::string path_;
    util::Fd fd_;
    std::list<Client> clients_;
};

/// Asks a daemon, and waits for its answer for a few seconds.
/// errors: not_found where none listens; denied, io
Result<std::string> ask_control(const std::string& path, const std::string& line);

/// Where it is.
std::string control_path(const std::string& state_folder);

} // namespace saoluu::service
