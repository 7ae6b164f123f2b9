#include "sim/scripts/kernel_files.h"

#include <algorithm>

#include <fmt/core.h>

#include "sim/kernel/kernel.h"

namespace simcluster::sim {

namespace {

std::string mounts_of(const Kernel& kernel) {
  std::string text =
      "/dev/sda1 / ext4 rw,relatime 0 0\n"
      "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\n"
      "sysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0\n"
      "tmpfs /run tmpfs rw,nosuid,nodev 0 0\n";
  for (const Mounts::Mount& mount : kernel.mounts().all())
    text += fmt::format("{} {} {} {} 0 0\n", mount.device, mount.directory, mount.file_system,
                        mount.options.empty() ? "rw,relatime" : mount.options);
  return text;
}

unsigned scope_bits(Scope scope) {
  if (scope == Scope::kLink) return 0x20;
  return scope == Scope::kHost ? 0x10 : 0;
}

std::string inet6_addresses(const Kernel& kernel) {
  std::string text;
  for (const Interface& interface : kernel.net().interfaces())
    for (const InterfaceAddress& a : interface.addresses) {
      if (a.address.family != IpAddress::Family::kV6) continue;
      for (const auto byte : a.address.bytes) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
      text += fmt::format(" {:02x} {:02x} {:02x} 80 {:>8}\n", interface.index, a.prefix_length, scope_bits(a.scope),
                          interface.name);
    }
  return text;
}

void add_interface(const Interface& interface, std::map<std::string, std::string>& files) {
  const std::string folder = "/sys/class/net/" + interface.name + "/";
  const OperState state = interface.oper_state();
  files[folder + "operstate"] = state == OperState::kUp        ? "up\n"
                                : state == OperState::kUnknown ? "unknown\n"
                                                               : "down\n";
  // Reading it from an interface that is down is an error, which a file cannot give.
  files[folder + "carrier"] = interface.up ? (interface.carrier ? "1\n" : "0\n") : "";
  files[folder + "address"] = interface.mac.text() + "\n";
  files[folder + "mtu"] = fmt::format("{}\n", interface.mtu);
  files[folder + "ifindex"] = fmt::format("{}\n", interface.index);
  files[folder + "type"] = interface.kind == InterfaceKind::kLoopback ? "772\n" : "1\n";
}

}  // namespace

std::map<std::string, std::string> kernel_files(Kernel& kernel) {
  std::map<std::string, std::string> files;
  const Profile& profile = kernel.context().profile;
  files["/proc/net/dev"] = kernel.proc_net_dev().whole();
  files["/proc/net/if_inet6"] = inet6_addresses(kernel);
  files["/proc/mounts"] = mounts_of(kernel);
  files["/proc/filesystems"] =
      "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\n\text2\n\text3\n\text4\n\txfs\n\tjfs\n\tgfs\n\tgfs2\n\tocfs2\n\treiserf"
      "s\n";
  files["/proc/version"] = fmt::format("Linux version {}\n", profile.versions.kernel);
  files["/proc/sys/kernel/osrelease"] = profile.versions.kernel + "\n";
  files["/proc/sys/kernel/hostname"] = kernel.context().name + "\n";
  files["/proc/uptime"] =
      fmt::format("{}.{:02} 0.00\n", kernel.uptime().ns / 1'000'000'000, kernel.uptime().ns / 10'000'000 % 100);
  for (const auto& [key, value] : kernel.sysctls().all()) {
    std::string path = "/proc/sys/" + key;
    std::ranges::replace(path, '.', '/');
    files[path] = value + "\n";
  }
  for (const Interface& interface : kernel.net().interfaces()) add_interface(interface, files);
  return files;
}

}  // namespace simcluster::sim
