// Writes to the state store in a thread of its own: a disk that takes its time must not hold up the token. Of several
// values that wait under one key only the newest is written; all of them are then told to be durable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/host.h"
#include "tools/clusterd/disk_thread.h"
#include "tools/clusterd/event_loop.h"
#include "tools/clusterd/state_store.h"

namespace simcluster::clusterd {

class StateWriter final : TimerClient {
 public:
  // `done` is called in the loop's thread.
  using Done = std::function<void(const Result<void>& written)>;
  using Log = std::function<void(LogPriority priority, const std::string& sentence)>;
  // Who waits for a value: one who waits several times for the values of one key is told once, of the newest.
  struct Waiter {
    const void* who = nullptr;
    std::uint64_t cookie = 0;
    bool operator==(const Waiter&) const = default;
  };
  // A disk that has done nothing for so long is said to hang.
  static constexpr Duration kHangs = seconds(10);

  static Result<std::unique_ptr<StateWriter>> start(EventLoop& loop, std::unique_ptr<StateStore> store, Log log,
                                                    Duration farewell = kDiskFarewell, Duration hangs = kHangs);
  // Finishes what waits; `farewell` long where the disk hangs.
  ~StateWriter();
  StateWriter(const StateWriter&) = delete;
  StateWriter& operator=(const StateWriter&) = delete;

  void put(std::string_view key, std::string value, Waiter waiter, Done done);
  // What is durable, or waits to be.
  std::optional<std::string> get(std::string_view key, std::vector<std::string>* damaged = nullptr);
  // Calls that wait for the disk.
  std::size_t waiting() const;

 private:
  struct Shared;
  StateWriter(EventLoop& loop, std::shared_ptr<Shared> shared, Log log, Duration farewell, Duration hangs);
  void report();
  void on_timer(std::uint64_t cookie) override;

  EventLoop& loop_;
  const Log log_;
  const Duration farewell_, hangs_;
  std::shared_ptr<Shared> shared_;  // with the thread
  TimerId look_;                    // whether the disk has done anything; runs while something waits
  bool has_reported_ = false;       // since that timer was started
  bool hanging_ = false;            // and it was said
  DiskThread thread_;
};

}  // namespace simcluster::clusterd
