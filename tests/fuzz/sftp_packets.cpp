// SPDX-License-Identifier: Apache-2.0
#include "store/sftp_packets.hpp"

#include "fuzz.hpp"

/// What an SFTP server sends, which may be anybody's.

using namespace saoluu;
using namespace saoluu::fuzz;
namespace sftp = saoluu::store::sftp;

namespace {

void decode_answer(BytesView packet) {
    const auto answer = sftp::decode_answer(packet);
    if (!answer)
        return;
    demand(answer->fields.size() + 5 == packet.size(), "an answer's fields are all behind its id");
    const BytesView fields = answer->fields;
    if (const auto string = sftp::decode_string(fields))
        demand(string->size() + 4 <= fields.size(), "a string lies in its packet");
    if (const auto names = sftp::decode_names(fields))
        demand(names->size() <= fields.size() / 12, "names take room");
    if (const auto status = sftp::decode_status(fields))
        demand(status->text.size() <= 256, "a server's words are cut");
    (void)sftp::decode_attributes(fields);
    (void)sftp::decode_space(fields);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(data, size);
    if (input.choice(2) == 0) {
        decode_answer(input.rest());
    } else if (const auto extensions = sftp::decode_version(input.rest())) {
        for (const auto& [name, value] : *extensions)
            demand(name.size() + value.size() + 8 <= size, "an extension lies in its packet");
    }
    return 0;
}
