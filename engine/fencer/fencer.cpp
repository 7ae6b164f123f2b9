#include "engine/fencer/fencer.h"

#include <utility>

namespace simcluster::fencer {

class Fencer::Impl final : public TimerClient {
 public:
  Impl(Host& host, FencerClient& client) : host_(host), client_(client) {}
  void on_timer(std::uint64_t cookie) override {
    FencingResult result;
    result.call = static_cast<std::uint32_t>(cookie);
    result.target = request_.target;
    result.action = request_.action;
    result.status = FencingStatus::kNoDevice;
    result.origin = name_;
    result.client = request_.client;
    result.reason = "No such device";
    result.own = true;
    client_.on_fencing_result(result);
  }
  Host& host_;
  FencerClient& client_;
  std::string name_;
  FencingRequest request_;
  std::uint32_t last_call_ = 0;
  std::size_t devices_ = 0;
};

Fencer::Fencer(Host& host, const Profile&, FencerTransport&, FencerClient& client)
    : impl_(std::make_unique<Impl>(host, client)) {}
Fencer::~Fencer() = default;
void Fencer::set_node(std::string name) { impl_->name_ = std::move(name); }
void Fencer::set_peers(std::vector<std::string>) {}
void Fencer::set_devices(std::vector<Device> devices) { impl_->devices_ = devices.size(); }
std::size_t Fencer::device_count() const { return impl_->devices_; }
std::uint32_t Fencer::request(const FencingRequest& request) {
  impl_->request_ = request;
  const std::uint32_t call = ++impl_->last_call_;
  impl_->host_.start_timer({}, *impl_, call);
  return call;
}
void Fencer::on_message(std::string_view, std::span<const std::byte>) {}

}  // namespace simcluster::fencer
