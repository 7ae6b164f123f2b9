#include "tools/clusterd/unsupported_watch.h"

#include <utility>

#include <fmt/core.h>

#include "tools/clusterd/unsupported.h"

namespace simcluster::clusterd {

namespace {
constexpr Duration kLook = seconds(5);
}

UnsupportedWatch::UnsupportedWatch(EventLoop& loop, const node::Node& node, Log log)
    : loop_(loop), node_(node), log_(std::move(log)), timer_(loop.start_timer(kLook, *this, 0)) {}

UnsupportedWatch::~UnsupportedWatch() { loop_.cancel_timer(timer_); }

void UnsupportedWatch::on_timer(std::uint64_t) {
  timer_ = loop_.start_timer(kLook, *this, 0);
  const cib::Element root = node_.cib().root();
  std::string version = fmt::format("{}.{}", root.value("admin_epoch"), root.value("epoch"));
  if (version == std::exchange(seen_, version)) return;
  std::set<std::string> now;
  for (const Error& error : unsupported_in(node_.cib())) {
    if (!told_.contains(error.message)) log_(LogPriority::kWarning, "not supported: " + error.message);
    now.insert(error.message);
  }
  told_ = std::move(now);
}

}  // namespace simcluster::clusterd
