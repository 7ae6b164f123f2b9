// Writes to the state store in a thread of its own: a disk that takes its time must not hold up the token. Of several
// values that wait under one key only the newest is written; all of them are then told to be durable.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/base/error.h"
#include "tools/clusterd/event_loop.h"
#include "tools/clusterd/file_descriptor.h"
#include "tools/clusterd/state_store.h"

namespace simcluster::clusterd {

class StateWriter {
 public:
  // `done` is called in the loop's thread.
  using Done = std::function<void(const Result<void>& written)>;

  static Result<std::unique_ptr<StateWriter>> start(EventLoop& loop, std::unique_ptr<StateStore> store);
  // Finishes what waits.
  ~StateWriter();
  StateWriter(const StateWriter&) = delete;
  StateWriter& operator=(const StateWriter&) = delete;

  void put(std::string_view key, std::string value, Done done);
  // What is durable, or waits to be.
  std::optional<std::string> get(std::string_view key, std::vector<std::string>* damaged = nullptr);

 private:
  struct Job {
    std::string key;
    std::string value;
    std::vector<Done> done;
  };
  struct Outcome {
    Result<void> written;
    std::vector<Done> done;
  };
  StateWriter(EventLoop& loop, std::unique_ptr<StateStore> store, FileDescriptor wake);
  void work();
  void report();

  EventLoop& loop_;
  std::unique_ptr<StateStore> store_;  // under store_mutex_
  FileDescriptor wake_;
  std::mutex store_mutex_;
  std::mutex mutex_;  // of all below
  std::condition_variable arrived_;
  std::vector<Job> waiting_;
  std::vector<Outcome> outcomes_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace simcluster::clusterd
