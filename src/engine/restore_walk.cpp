// SPDX-License-Identifier: Apache-2.0
#include "engine/restore_walk.hpp"

#include "engine/restore_special.hpp"
#include "util/text.hpp"

#include <utility>

namespace saoluu::engine {

using format::Entry;
using format::FileType;
using util::Fd;
using util::message;
using util::tr;

namespace {

bool is_usable_folder(const Entry& entry) {
    return entry.type == FileType::folder && !entry.refused;
}

} // namespace

Result<RestoreSelection> RestoreSelection::of(const RestoreOptions& options) {
    RestoreSelection selection;
    for (const std::string& line : options.includes)
        TRY(selection.includes.add_line(line).within("--include"));
    for (const std::string& line : options.excludes)
        TRY(selection.excludes.add_line(line).within("--exclude"));
    return selection;
}

std::string RestoreWalk::in_target(const std::string& path) const {
    if (below_.empty())
        return path;
    if (path.size() > below_.size())
        return path.substr(below_.size() + 1);
    return is_single_ ? std::string(split_path(path).second) : "";
}

/// Calls visit(entry) for all that is not excluded; pages that hold nothing else are not read.
template <class Visit>
Result<void> RestoreWalk::walk(const CatalogCursor::Damage& damage, const Visit& visit) {
    repo::ChunkReader chunks(context_.access, context_.index);
    CatalogCursor cursor(context_.access, chunks, context_.domain, root_, below_, damage);
    while (!cursor.at_end()) {
        if (context_.crew.is_stopping())
            return fail(ErrorKind::interrupted, tr("interrupted"));
        if (cursor.at_page()) {
            TRY(cursor.enter());
            continue;
        }
        const Entry& entry = cursor.entry();
        const bool is_folder = is_usable_folder(entry);
        if (entry.path == below_) {
            has_found_ = true;
            is_single_ = !is_folder;
        }
        const std::string path = in_target(entry.path);
        if (!path.empty() && selection_.excludes.takes(path, is_folder)) {
            is_folder ? cursor.leave() : cursor.pass();
            continue;
        }
        TRY(visit(path, entry));
        cursor.pass();
    }
    return {};
}

Result<void> RestoreWalk::restore() {
    TRY(walk([this](const std::string& from, const Error& error) { tell_damage(from, error); },
             [this](const std::string& path, const Entry& entry) { return visit(path, entry); }));
    while (!above_.empty())
        TRY(close_last());
    return files_.finish();
}

/// Of the second walk only what the first did not tell. What only the second walk can't read costs
/// folders their metadata.
void RestoreWalk::tell_damage(const std::string& from, const Error& error) {
    constexpr std::size_t kMost = 10'000; // of a catalog that is nothing but damage
    const bool is_new = damage_told_.size() < kMost && damage_told_.insert(from).second;
    if (!is_second_walk_ || is_new)
        context_.tally.damaged(from, error.message());
}

Result<void> RestoreWalk::visit(const std::string& path, const Entry& entry) {
    while (!above_.empty() && !is_below(entry.path, above_.back().path))
        TRY(close_last());
    if (is_usable_folder(entry))
        return visit_folder(path, entry);
    if (!selection_.includes.empty() && !selection_.includes.takes(path, false))
        return {};
    if (!TRY(make_ready(entry)))
        return {};
    if (!entry.refused)
        return visit_other(path, entry);
    context_.tally.damaged(entry.path, *entry.refused);
    return {};
}

Result<void> RestoreWalk::visit_folder(const std::string& path, const Entry& entry) {
    above_.push_back({.path = entry.path, .number = is_ready_.size()});
    is_ready_.push_back(false);
    // The target itself is there, or made, whatever is taken of the snapshot.
    const bool comes_back =
        path.empty() || selection_.includes.empty() || selection_.includes.takes(path, true);
    if (comes_back)
        TRY(make_ready(entry));
    return {};
}

Result<void> RestoreWalk::visit_other(const std::string& path, Entry entry) {
    if (!rules_.restores(entry.type)) {
        context_.tally.add(&RestoreSummary::left_out);
        return {};
    }
    context_.tally.add(&RestoreSummary::left_out, rules_.apply(entry));
    bool is_new = !above_.empty() && above_.back().state == Above::State::made;
    const std::string_view parent = folder_of_path(entry.path);
    if (!is_single_ && !context_.options.dry_run &&
        (above_.empty() || above_.back().path != parent)) {
        is_new = false;
        if (const Result<void> made = make_unknown_folders(path); !made)
            return context_.tally.failed(entry.path, made.error());
    }
    if (entry.type == FileType::file)
        return files_.add(path, std::move(entry), is_new);
    return restore_special(context_, path, entry, is_new);
}

/// Makes the folders that lead to the entry in hand (and it, if it is one), unless they are there;
/// false where one can't be.
Result<bool> RestoreWalk::make_ready(const Entry& entry) {
    for (std::size_t i = 0; i < above_.size(); ++i) {
        Above& folder = above_[i];
        if (folder.state == Above::State::wanted)
            TRY(make(folder, i > 0 && above_[i - 1].state == Above::State::made));
        if (folder.state != Above::State::barred)
            continue;
        if (entry.path != folder.path)
            ++folder.missed;
        return false;
    }
    return true;
}

Result<void> RestoreWalk::make(Above& folder, bool is_in_new_folder) {
    const std::string path = in_target(folder.path);
    const bool is_dry = context_.options.dry_run;
    const Result<RestoreTarget::Folder> made =
        is_dry && is_in_new_folder ? Result<RestoreTarget::Folder>(RestoreTarget::Folder::made)
        : is_dry                   ? context_.target.find_folder(path)
                                   : context_.target.make_folder(path);
    if (!made) {
        folder.state = Above::State::barred;
        return context_.tally.failed(folder.path, made.error());
    }
    is_ready_[folder.number] = true;
    if (*made == RestoreTarget::Folder::existed) {
        folder.state = Above::State::existed;
        context_.tally.add(&RestoreSummary::folders);
        if (!is_dry)
            context_.target.remove_leftovers(path);
        return {};
    }
    folder.state = Above::State::made;
    context_.tally.done(folder.path, PathOutcome::made, &RestoreSummary::folders);
    if (!is_dry && !is_in_new_folder)
        if (const Result<Fd> fd = context_.target.open_folder(path))
            drop_inherited_acls(fd->get(), Held::open, FileType::folder);
    return {};
}

/// Where a part of the catalog is damaged, folders are made of which nothing is known but a name.
Result<void> RestoreWalk::make_unknown_folders(const std::string& path) {
    const std::size_t known = above_.empty() ? 0 : in_target(above_.back().path).size();
    for (std::size_t slash = path.find('/', known + 1); slash != std::string::npos;
         slash = path.find('/', slash + 1))
        TRY(context_.target.make_folder(path.substr(0, slash)));
    return {};
}

/// Leaves the innermost folder.
Result<void> RestoreWalk::close_last() {
    const Above& folder = above_.back();
    if (folder.missed > 0) {
        context_.tally.add(&RestoreSummary::failed, folder.missed - 1);
        TRY(context_.tally.failed(
            folder.path,
            Error(ErrorKind::failure,
                  message(util::trn("{} file or folder in it could not be restored either",
                                    "{} files and folders in it could not be restored either",
                                    folder.missed),
                          folder.missed))));
    }
    above_.pop_back();
    return {};
}

/// Folders get their modes and times last, the inner ones first: nothing is made in them any more.
Result<void> RestoreWalk::finish_folders() {
    std::vector<Entry> open;
    std::size_t number = 0;
    is_second_walk_ = true;
    const auto finish_last = [&] {
        finish_folder(open.back());
        open.pop_back();
    };
    TRY(walk([this](const std::string& from, const Error& error) { tell_damage(from, error); },
             [&](const std::string&, const Entry& entry) -> Result<void> {
                 if (!is_usable_folder(entry))
                     return {};
                 while (!open.empty() && !is_below(entry.path, open.back().path))
                     finish_last();
                 // The second walk sees what the first saw, unless a page failed in only one of
                 // them: then a folder more or less gets what the snapshot says of it.
                 if (number < is_ready_.size() && is_ready_[number])
                     open.push_back(entry);
                 ++number;
                 return {};
             }));
    while (!open.empty())
        finish_last();
    return {};
}

void RestoreWalk::finish_folder(const Entry& of) {
    Entry entry = of;
    rules_.apply(entry); // counted in the first walk
    const std::string path = in_target(entry.path);
    // One that its owner may not read is only pinned.
    Result<Fd> fd = context_.target.open_folder(path);
    const Held held = fd ? Held::open : Held::pinned;
    if (!fd)
        fd = context_.target.folder(path);
    if (fd)
        context_.tally.metadata(entry.path, set_metadata(fd->get(), held, entry));
    else
        static_cast<void>(context_.tally.failed(entry.path, fd.error()));
}

} // namespace saoluu::engine
