// Which devices of this node can fence a target: asks those that must be asked (CM-10.3).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "engine/fencer/device_queue.h"

namespace simcluster::fencer {

using DeviceQueues = std::map<std::string, std::shared_ptr<DeviceQueue>>;

struct Candidate {
  std::string device;
  bool verified = false;
};

class TargetFinder {
 public:
  using Answer = std::function<void(const std::vector<Candidate>&)>;
  using Log = std::function<void(LogPriority, std::string_view)>;

  // `queues` is looked at whenever something is asked; it must outlive the finder.
  TargetFinder(Host& host, const DeviceQueues& queues, Log log) : host_(host), queues_(queues), log_(std::move(log)) {}

  // What is wanted of a device: that it can do `action` to `target`. Target empty: any that there is.
  struct Wish {
    std::string target;
    std::string action;
    bool of_this_node = false;  // the target is the node that is asked: only what runs on_target is allowed (CM-10.4)
    bool by_itself = false;     // nobody else is there: it may fence itself
    Duration timeout = seconds(120);  // for each question to a device that has no time of its own for it
  };
  // Calls `answer` with the devices in the order of their names, at once or when the devices have answered. All that
  // must be asked are asked at the same time.
  void find(const Wish& wish, Answer answer);
  // Questions that have no answer yet.
  std::size_t searches() const { return searches_; }
  // The device's configuration is another one now.
  void forget(const std::string& device) { lists_.erase(device); }
  // The device has answered a question of somebody else's.
  void verified(const std::string& device) { lists_[device].verified = true; }

 private:
  // What a device said last about whom it can fence.
  struct TargetList {
    std::vector<std::string> names;
    Duration read_at;
    bool known = false;
    bool verified = false;
    bool use_status = false;  // `list` never worked
  };
  struct Search {
    Wish wish;
    std::vector<Candidate> able;
    int open = 0;  // devices that nothing is known of yet
    Answer answer;
  };
  using SearchPtr = std::shared_ptr<Search>;

  void examine(const std::string& id, DeviceQueue& queue, const SearchPtr& search);
  void conclude(const std::string& id, bool can, const SearchPtr& search);
  // Answers when nothing is open any more.
  void close(const SearchPtr& search);
  // Why it may not be this device, whatever its list says; empty: it may.
  std::string_view refusal(const Device& device, const Wish& wish) const;
  void ask_list(const std::string& id, DeviceQueue& queue, const SearchPtr& search);
  void ask_status(const std::string& id, DeviceQueue& queue, const SearchPtr& search);
  // Tells what was decided without asking the device.
  void judge(const std::string& id, bool can, std::string_view how, const SearchPtr& search);

  Host& host_;
  const DeviceQueues& queues_;
  Log log_;
  std::map<std::string, TargetList> lists_;
  std::size_t searches_ = 0;
};

}  // namespace simcluster::fencer
