#include "engine/node/ring_attributes.h"

#include <utility>

#include <fmt/core.h>

namespace simcluster::node {

namespace {

constexpr Duration kLookEvery = seconds(1);

// What stands behind "= " in a line.
std::string_view value_of(std::string_view line) {
  const auto equals = line.find("= ");
  return equals == std::string_view::npos ? std::string_view() : line.substr(equals + 2);
}

}  // namespace

std::map<std::string, std::string> ring_attributes(std::string_view output) {
  constexpr std::string_view kRing = "RING ID ";
  std::map<std::string, std::string> attributes;
  std::string ring;
  std::string_view address;
  while (!output.empty()) {
    const auto end = output.find('\n');
    const std::string_view line = output.substr(0, end);
    output = end == std::string_view::npos ? std::string_view() : output.substr(end + 1);
    if (line.starts_with(kRing)) ring = line.substr(kRing.size());
    if (line.starts_with("\tid")) address = value_of(line);
    if (!line.starts_with("\tstatus") || ring.empty()) continue;
    const bool faulty = line.find("FAULTY") != std::string_view::npos;
    attributes["ringnumber_" + ring] = fmt::format("{} is {}", address, faulty ? "FAULTY" : "UP");
  }
  return attributes;
}

RingAttributes::RingAttributes(Host& host, Ties ties) : host_(host), ties_(std::move(ties)) {}

RingAttributes::~RingAttributes() { stop(); }

void RingAttributes::start() { timer_ = host_.start_timer(kLookEvery, *this, 0); }

void RingAttributes::stop() {
  if (timer_.valid()) host_.cancel_timer(timer_);
  timer_ = TimerId::none();
}

void RingAttributes::on_timer(std::uint64_t) {
  start();
  const auto now = ties_.manager_listens() ? ring_attributes(ties_.status()) : std::map<std::string, std::string>();
  for (const auto& [name, value] : told_)
    if (!now.contains(name)) ties_.update(name, std::nullopt);
  for (const auto& [name, value] : now) {
    const auto old = told_.find(name);
    if (old == told_.end() || old->second != value) ties_.update(name, value);
  }
  told_ = now;
}

}  // namespace simcluster::node
