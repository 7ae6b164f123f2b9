#include "tools/clusterd/control_server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include <fmt/core.h>
#include <grp.h>
#include <pwd.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/clusterd/system_error.h"

namespace simcluster::clusterd {

namespace {

std::optional<gid_t> group_id(const std::string& name) {
  group entry{};
  group* found = nullptr;
  std::array<char, 16'384> buffer;
  if (getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return found->gr_gid;
}

std::optional<uid_t> user_id(const char* name) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16'384> buffer;
  if (getpwnam_r(name, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return std::nullopt;
  return found->pw_uid;
}

// The groups of the process at the other end as the kernel has them: no directory service is asked, which would hold up
// the token.
bool is_in_group(int fd, gid_t primary, gid_t group) {
  if (primary == group) return true;
  std::vector<gid_t> groups(65'536);  // NGROUPS_MAX
  auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return false;
  groups.resize(size / sizeof(gid_t));
  return std::ranges::find(groups, group) != groups.end();
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(fmt::format("{} is too long for a socket (at most {} bytes)", path, sizeof address.sun_path - 1));
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::listen(EventLoop& loop, const std::string& path, Access access,
                                                             Handler handler) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  const auto* raw = reinterpret_cast<const sockaddr*>(&*address);
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return system_failure("create the control socket");
  // A file without a listener is what a killed daemon leaves behind.
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(probe.get(), raw, sizeof *address) == 0)
    return fail(fmt::format("{}: another clusterd is running here", path));
  ::unlink(path.c_str());
  if (bind(socket.get(), raw, sizeof *address) != 0 || ::listen(socket.get(), 16) != 0)
    return system_failure(fmt::format("listen on {}", path));
  // Everybody may knock; rights_of() decides.
  ::chmod(path.c_str(), 0666);
  return std::unique_ptr<ControlServer>(
      new ControlServer(loop, std::move(socket), path, std::move(access), std::move(handler)));
}

ControlServer::ControlServer(EventLoop& loop, FileDescriptor socket, std::string path, Access access, Handler handler)
    : loop_(loop),
      socket_(std::move(socket)),
      path_(std::move(path)),
      access_(std::move(access)),
      handler_(std::move(handler)),
      group_(group_id(access_.group)),
      manager_(user_id("hacluster")) {
  loop_.watch(socket_.get(), EPOLLIN, [this](std::uint32_t) { accept_clients(); });
}

ControlServer::~ControlServer() {
  for (const auto& [fd, client] : clients_) loop_.forget(fd);
  loop_.forget(socket_.get());
  ::unlink(path_.c_str());
}

void ControlServer::set_rights(Client& client) const {
  const int fd = client.socket.get();
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return;
  client.owner = peer.uid == 0 || peer.uid == geteuid() || peer.uid == manager_;
  const bool all = client.owner || (group_ && is_in_group(fd, peer.gid, *group_));
  client.rights = all ? Rights::kAll : access_.others_may_read ? Rights::kRead : Rights::kNone;
}

Rights ControlServer::rights_now(const Client& client) const {
  return client.owner || !access_.owners_only || !access_.owners_only() ? client.rights : Rights::kNone;
}

// True when there is room for one more, if need be in the place of the one that has been silent the longest.
bool ControlServer::make_room(bool for_looker) {
  const auto looks = [](const auto& entry) { return entry.second->rights != Rights::kAll; };
  const bool few_lookers =
      !for_looker || std::ranges::count_if(clients_, looks) < static_cast<std::ptrdiff_t>(kMaxLookers);
  if (few_lookers && clients_.size() < kMaxClients) return true;
  auto silent = clients_.end();
  for (auto it = clients_.begin(); it != clients_.end(); ++it)
    if ((!for_looker || looks(*it)) && (silent == clients_.end() || it->second->heard < silent->second->heard))
      silent = it;
  if (silent == clients_.end() || EventLoop::uptime() - silent->second->heard < access_.idle) return false;
  close(silent->first);
  return true;
}

void ControlServer::accept_clients() {
  while (true) {
    FileDescriptor socket(accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) return;
    auto client = std::make_unique<Client>();
    const int fd = socket.get();
    client->socket = std::move(socket);
    client->heard = EventLoop::uptime();
    set_rights(*client);
    if (!make_room(client->rights != Rights::kAll)) continue;  // closes it: the client sees an end without an answer
    clients_[fd] = std::move(client);
    loop_.watch(fd, EPOLLIN, [this, fd](std::uint32_t events) { on_client(fd, events); });
  }
}

void ControlServer::close(int fd) {
  loop_.forget(fd);
  clients_.erase(fd);
}

void ControlServer::on_client(int fd, std::uint32_t events) {
  Client& client = *clients_.at(fd);
  client.heard = EventLoop::uptime();
  const bool open = (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0 || read_some(client);
  if (!answer(client) || !open) return close(fd);
  loop_.change(fd, client.out.empty() ? std::uint32_t{EPOLLIN} : std::uint32_t{EPOLLOUT});
}

// False at the end of what the client has to say.
bool ControlServer::read_some(Client& client) {
  std::array<char, 65'536> piece;
  // Few questions in one round of the loop where anybody may ask.
  const std::size_t room = client.rights == Rights::kAll ? piece.size() : kMaxQuestion;
  const ssize_t got = ::read(client.socket.get(), piece.data(), room);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  client.in.append(piece.data(), static_cast<std::size_t>(got));
  return got != 0;
}

// While an answer waits nothing more is read or asked: a client that does not read cannot make answers pile up.
bool ControlServer::answer(Client& client) {
  const std::size_t most = client.rights == Rights::kAll ? kMaxRequest : kMaxQuestion;
  while (true) {
    if (!write_answers(client)) return false;
    if (!client.out.empty()) return true;
    const std::size_t end = client.in.find('\n', client.searched);
    client.searched = client.in.size();
    if (end == std::string::npos) return client.in.size() <= most;
    client.out = handler_(std::string_view(client.in).substr(0, end), rights_now(client));
    client.out += '\n';
    client.in.erase(0, end + 1);
    client.searched = 0;
  }
}

bool ControlServer::write_answers(Client& client) {
  while (!client.out.empty()) {
    const ssize_t done = ::send(client.socket.get(), client.out.data(), client.out.size(), MSG_NOSIGNAL);
    if (done < 0) return errno == EAGAIN || errno == EINTR;
    client.out.erase(0, static_cast<std::size_t>(done));
  }
  return true;
}

}  // namespace simcluster::clusterd
