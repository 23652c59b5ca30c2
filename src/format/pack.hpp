// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/aead.hpp"
#include "crypto/keypair.hpp"
#include "data/compress.hpp"
#include "format/sealed.hpp"
#include "format/types.hpp"

#include <array>
#include <vector>

/// Packs (FORMAT.md, section 8).
namespace saoluu::format {

struct PackHeader {
    Header header;                   ///< kind data_pack or catalog_pack
    crypto::SealPublic fresh_public; ///< X
    crypto::Commitment commitment{};

    static constexpr std::size_t kSize = 80;
    [[nodiscard]] std::array<std::byte, kSize> encode() const;
    static Result<PackHeader> decode(BytesView bytes);
};

/// One frame as the directory lists it.
struct FrameInfo {
    ChunkKind kind{};
    data::Codec codec{};
    ChunkId id;
    std::uint32_t stored_size = 0; ///< without the tag
    std::uint32_t plain_size = 0;
    std::uint32_t offset = 0; ///< not stored: where the frame begins in the pack

    [[nodiscard]] std::uint32_t frame_size() const {
        return stored_size + static_cast<std::uint32_t>(crypto::kTagSize);
    }
    friend bool operator==(const FrameInfo&, const FrameInfo&) = default;
};

/// Encrypts or decrypts the frames of one pack. Not for two threads at once.
class PackCipher {
public:
    /// A fresh pack of a writer: new pair, new key; the secret half is gone when this returns.
    /// errors: corrupt where E is unusable
    static Result<PackCipher> create(const RepositoryId& repository, const EpochKey& epoch,
                                     Header header, const crypto::SealPublic& content_public);
    static Result<PackCipher> create_with(const RepositoryId& repository, const EpochKey& epoch,
                                          Header header, const crypto::SealPublic& content_public,
                                          const crypto::SealPair& fresh);
    /// A stored pack, by the content key of its epoch.
    /// errors: wrong_key where the commitment does not fit
    static Result<PackCipher> open(const RepositoryId& repository, const EpochKey& epoch,
                                   const crypto::SealPair& content, const PackHeader& header);

    [[nodiscard]] const PackHeader& header() const { return header_; }
    /// out: stored.size() + kTagSize bytes
    void seal_frame(const FrameInfo& frame, std::uint64_t number, BytesView stored,
                    std::span<std::byte> out);
    /// frame: the bytes in the pack; out: info.stored_size bytes, may begin where `frame` does.
    /// False: damaged
    [[nodiscard]] bool open_frame(const FrameInfo& info, std::uint64_t number, BytesView frame,
                                  std::span<std::byte> out);

private:
    PackCipher(const RepositoryId& repository, const PackHeader& header, const crypto::Key& key);

    /// T("saoluu/1/frame", common header, repository id, c), where only c changes from one frame
    /// to the next. A length of a part is one byte, because each is below 128.
    static constexpr std::size_t kFrameFacts = 1 + ChunkId::size + 8 + 4 + 4 + 1; // c
    static constexpr std::size_t kAdPrefix =
        1 + 14 + 1 + Header::kSize + 1 + RepositoryId::size + 1;
    [[nodiscard]] BytesView describe(const FrameInfo& frame, std::uint64_t number);

    PackHeader header_;
    crypto::Aead aead_;
    std::array<std::byte, kAdPrefix + kFrameFacts> ad_{};
    std::array<std::byte, 24> nonce_{};
};

/// What a pack holds, and who made it in which session.
struct PackDirectory {
    ActorId signer;
    RosterHash roster;
    SessionId session;
    Domain domain = 0;
    Hash frames_hash; ///< of the pack's bytes before the directory
    std::vector<FrameInfo> frames;
};

/// The directory, sealed and signed, as it lies in the pack.
Bytes seal_directory(const RepositoryId& repository, const EpochKey& epoch,
                     const PackHeader& header, const PackDirectory& directory,
                     const crypto::SignPair& signer);
/// The same with the salt given: for the vectors alone.
Bytes seal_directory_with_salt(const RepositoryId& repository, const EpochKey& epoch,
                               const PackHeader& header, const PackDirectory& directory,
                               const crypto::SignPair& signer, const Hash& salt);
struct OpenedDirectory {
    PackDirectory directory;
    Hash salt;  ///< signed as well
    Bytes body; ///< for verify_directory
};
Result<OpenedDirectory> open_directory(const RepositoryId& repository, const EpochKey& epoch,
                                       const PackHeader& header, BytesView sealed);
bool verify_directory(const RepositoryId& repository, const PackHeader& header,
                      const OpenedDirectory& opened, const crypto::SignPublic& signer);

struct PackTrailer {
    std::uint64_t directory_offset = 0;
    std::uint64_t directory_size = 0;
    std::uint64_t frames = 0;

    static constexpr std::size_t kSealedSize = 24 + kSealedOverhead;
};
Bytes seal_trailer(const RepositoryId& repository, const EpochKey& epoch, const PackHeader& header,
                   const PackTrailer& trailer);
/// The same with the salt given: for the vectors alone.
Bytes seal_trailer_with_salt(const RepositoryId& repository, const EpochKey& epoch,
                             const PackHeader& header, const PackTrailer& trailer,
                             const Hash& salt);
Result<PackTrailer> open_trailer(const RepositoryId& repository, const EpochKey& epoch,
                                 const PackHeader& header, BytesView sealed);

/// Trailer and footer: what a reader fetches first, from the end.
inline constexpr std::size_t kPackTail = PackTrailer::kSealedSize + PackHeader::kSize;

/// The Padmé size that `size` is rounded up to.
std::uint64_t padme(std::uint64_t size);

} // namespace saoluu::format
