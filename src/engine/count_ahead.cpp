// SPDX-License-Identifier: Apache-2.0
#include "engine/count_ahead.hpp"

#include <exception>
#include <system_error>

namespace saoluu::engine {

namespace {

class Counter final : public ScanVisitor {
public:
    explicit Counter(std::stop_token stop) : stop_(std::move(stop)) {}
    Result<void> found(ScanItem item) override {
        if (stop_.stop_requested())
            return fail(ErrorKind::interrupted, "");
        if (S_ISREG(item.info.st_mode)) {
            ++files;
            bytes += static_cast<std::uint64_t>(item.info.st_size);
        }
        return {};
    }
    void problem(const ScanProblem&) override {}
    void left_out(const std::string&, Selection::Reason) override {}

    std::uint64_t files = 0, bytes = 0;

private:
    std::stop_token stop_;
};

} // namespace

CountAhead::CountAhead(const Scanner& scanner, BackupTally& tally) {
    try {
        thread_ = std::jthread([&scanner, &tally](std::stop_token stop) {
            try {
                Counter counter(std::move(stop));
                if (scanner.run(counter))
                    tally.expect(counter.files, counter.bytes);
            } catch (const std::exception&) {
                // no memory: the run itself will tell, this is only its progress
            }
        });
    } catch (const std::system_error&) {
        // no thread: the progress has no end to show
    }
}

} // namespace saoluu::engine
