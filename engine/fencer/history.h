// What a node remembers of fencing operations (CM-10.17), in memory and, where the host wants that, on its disk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "engine/fencer/fencer.h"

namespace simcluster::fencer {

class History final : public PersistClient, public TimerClient {
 public:
  explicit History(Host& host) : host_(host) {}
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // By the time of their end. Beyond 500 the older half is dropped.
  const std::vector<HistoryEntry>& entries() const { return entries_; }
  // What is known already, told by another node, is no second entry.
  void remember(HistoryEntry entry);
  // The operation has ended otherwise than everybody was told.
  void amend(std::string_view origin, std::uint32_t call, std::string_view client, bool succeeded, std::string reason);
  // From now on it is on the disk, too, a second after a change; what is there already is remembered first.
  void keep();

  void on_persisted(std::uint64_t) override {}
  void on_timer(std::uint64_t cookie) override;

 private:
  // The whole of it is written, so a change waits for those that follow it.
  void write_later();

  Host& host_;
  std::vector<HistoryEntry> entries_;
  bool kept_ = false;
  TimerId timer_ = {};
};

}  // namespace simcluster::fencer
