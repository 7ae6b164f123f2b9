#include "engine/fencer/history.h"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/fencer/fencer_messages.h"

namespace simcluster::fencer {

namespace {

constexpr std::size_t kMost = 500;
constexpr std::size_t kTrimmed = 250;
constexpr Duration kWriteDelay = seconds(1);
constexpr std::string_view kDiskKey = "fencing_history";
// Every node notes an operation's end when it hears of it, by its own clock. Nobody fences the same node again for the
// same client, with the same call number, within that time.
constexpr Duration kSameEnd = seconds(5);

}  // namespace

History::~History() {
  if (timer_.valid()) host_.cancel_timer(timer_);
}

void History::remember(HistoryEntry entry) {
  const bool known = std::ranges::any_of(entries_, [&](const HistoryEntry& old) {
    const Duration apart =
        old.completed < entry.completed ? entry.completed - old.completed : old.completed - entry.completed;
    return old.origin == entry.origin && old.call == entry.call && old.client == entry.client &&
           old.target == entry.target && old.action == entry.action && apart <= kSameEnd;
  });
  if (known) return;
  const auto later = [](const HistoryEntry& a, const HistoryEntry& b) { return a.completed < b.completed; };
  entries_.insert(std::upper_bound(entries_.begin(), entries_.end(), entry, later), std::move(entry));
  if (entries_.size() > kMost) entries_.erase(entries_.begin(), entries_.end() - static_cast<std::ptrdiff_t>(kTrimmed));
  write_later();
}

void History::amend(std::string_view origin, std::uint32_t call, std::string_view client, bool succeeded,
                    std::string reason) {
  const auto found = std::ranges::find_if(entries_.rbegin(), entries_.rend(), [&](const HistoryEntry& entry) {
    return entry.origin == origin && entry.call == call && entry.client == client;
  });
  if (found == entries_.rend()) return;
  found->succeeded = succeeded;
  found->reason = std::move(reason);
  write_later();
}

void History::keep() {
  if (const auto text = host_.load(kDiskKey)) {
    WireReader in(std::as_bytes(std::span(*text)));
    while (in.ok()) {
      HistoryEntry entry = read_history(in);
      if (in.ok()) remember(std::move(entry));
    }
  }
  kept_ = true;
}

void History::write_later() {
  if (kept_ && !timer_.valid()) timer_ = host_.start_timer(kWriteDelay, *this, 0);
}

void History::on_timer(std::uint64_t) {
  timer_ = TimerId::none();
  WireWriter out;
  for (const HistoryEntry& entry : entries_) write_history(out, entry);
  const auto bytes = out.bytes();
  host_.persist(kDiskKey, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), *this, 0);
}

}  // namespace simcluster::fencer
