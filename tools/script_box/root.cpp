// The file system of the box: programs and libraries of this machine, read-only and only those that do no harm;
// everything else is made anew, in memory.
#include <climits>
#include <cstdlib>
#include <cstring>
#include <set>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/script_box/box.h"

namespace script_box {

namespace {

// What scripts may use of this machine: programs that read and write text and files and have no clock.
constexpr const char* kTools[] = {
    "[",       "awk",       "basename", "bash",   "bc",      "cat",    "chgrp",   "chmod", "chown",   "cksum",
    "cmp",     "comm",      "cp",       "cut",    "dash",    "diff",   "dirname", "echo",  "egrep",   "env",
    "expand",  "expr",      "false",    "fgrep",  "find",    "flock",  "fold",    "gawk",  "getent",  "getopt",
    "grep",    "gzip",      "head",     "id",     "install", "join",   "ksh",     "link",  "ln",      "ls",
    "mawk",    "md5sum",    "mkdir",    "mkfifo", "mv",      "nl",     "nohup",   "od",    "paste",   "printf",
    "pwd",     "readlink",  "realpath", "rev",    "rm",      "rmdir",  "sed",     "seq",   "setsid",  "sh",
    "sha1sum", "sha256sum", "sort",     "split",  "stat",    "stdbuf", "sync",    "tac",   "tail",    "tee",
    "test",    "touch",     "tr",       "true",   "tty",     "uniq",   "unlink",  "wc",    "which",   "xargs",
    "xmllint", "yes",       "zcat",     "base64", "base32",  "column", "hexdump", "su",    "runuser", "nice"};

const std::string kRoot = "/tmp";

void must(bool done, const std::string& what) {
  if (!done) give_up(what + ": " + strerror(errno));
}

bool is_link(const std::string& path) {
  struct stat found {};
  return lstat(path.c_str(), &found) == 0 && S_ISLNK(found.st_mode);
}

bool is_directory(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

std::string link_target(const std::string& path) {
  char text[PATH_MAX];
  const ssize_t length = readlink(path.c_str(), text, sizeof text);
  return length < 0 ? std::string() : std::string(text, static_cast<std::size_t>(length));
}

std::set<std::string> entries_of(const std::string& path) {
  std::set<std::string> names;
  DIR* directory = opendir(path.c_str());
  if (directory == nullptr) return names;
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.insert(name);
  }
  closedir(directory);
  return names;
}

void directory(const std::string& path) { must(make_directories(kRoot + path), "cannot make " + path); }

void symbolic_link(const std::string& target, const std::string& path) {
  must(symlink(target.c_str(), (kRoot + path).c_str()) == 0 || errno == EEXIST, "cannot link " + path);
}

void bind(const std::string& from, const std::string& to) {
  must(mount(from.c_str(), (kRoot + to).c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0, "cannot bind " + from);
}

void read_only(const std::string& path) {
  struct {
    std::uint64_t set, clear, propagation, user_namespace;
  } attributes{1 /* MOUNT_ATTR_RDONLY */, 0, 0, 0};
  constexpr long kMountSetattr = 442;
  constexpr unsigned kRecursive = 0x8000;  // AT_RECURSIVE
  if (syscall(kMountSetattr, AT_FDCWD, (kRoot + path).c_str(), kRecursive, &attributes, sizeof attributes) == 0) return;
  must(mount(nullptr, (kRoot + path).c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0,
       "cannot make " + path + " read-only");
}

// A directory of the box with links to what this machine has in its own.
void compose(const std::string& path, const std::set<std::string>& without = {}) {
  directory(path);
  for (const std::string& name : entries_of(path)) {
    if (without.contains(name)) continue;
    symbolic_link("/.host" + path + "/" + name, path + "/" + name);
  }
}

bool bound(const std::string& path) {
  for (const char* top : {"/usr/", "/bin/", "/sbin/", "/lib/"})
    if (path.starts_with(top)) return true;
  return false;
}

void add_tool(const std::string& name) {
  for (const char* folder : {"/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"}) {
    char* real = realpath((folder + name).c_str(), nullptr);
    if (real == nullptr) continue;
    const std::string target = real;
    free(real);
    if (!bound(target)) continue;
    symbolic_link("/.host" + target, "/usr/bin/" + name);
    if (!is_link("/bin")) symbolic_link("/.host" + target, "/bin/" + name);
    return;
  }
}

void add_command(const std::string& name) {
  for (const char* folder : {"/usr/bin/", "/usr/sbin/"}) symbolic_link("/.sim/shim", folder + name);
  if (!is_link("/bin")) symbolic_link("/.sim/shim", "/bin/" + name);
  if (!is_link("/sbin")) symbolic_link("/.sim/shim", "/sbin/" + name);
}

void build_top() {
  directory("/.host/usr");
  bind("/usr", "/.host/usr");
  read_only("/.host/usr");
  for (const char* name : {"bin", "sbin", "lib", "lib32", "lib64", "libx32"}) {
    const std::string path = std::string("/") + name;
    if (is_link(path)) {
      symbolic_link(link_target(path), path);
    } else if (is_directory(path)) {
      directory("/.host" + path);
      bind(path, "/.host" + path);
      read_only("/.host" + path);
      if (path.starts_with("/lib"))
        symbolic_link("/.host" + path, path);
      else
        directory(path);
    }
  }
}

// OCF agents and their libraries are those of this machine; the simulator may lay its own upon them.
void build_ocf() {
  const std::string ocf = "/usr/lib/ocf";
  compose(ocf, {"resource.d", "lib"});
  compose(ocf + "/resource.d");
  for (const char* group : {"/resource.d", "/lib"}) {
    directory(ocf + group);
    for (const std::string& name : entries_of(ocf + group)) {
      unlink((kRoot + ocf + group + "/" + name).c_str());
      compose(ocf + group + "/" + name);
    }
  }
}

void build_usr(const std::vector<std::string>& commands) {
  compose("/usr", {"bin", "sbin", "lib", "libexec", "local"});
  directory("/usr/bin");
  if (is_link("/usr/sbin"))
    symbolic_link(link_target("/usr/sbin"), "/usr/sbin");
  else
    directory("/usr/sbin");
  directory("/usr/local/bin");
  directory("/usr/local/sbin");
  compose("/usr/lib", {"ocf", "heartbeat"});
  compose("/usr/libexec", {"heartbeat"});
  for (const std::string& name : commands) add_command(name);
  for (const char* name : kTools) add_tool(name);
  // Programs of resource-agents that its scripts call by their path.
  for (const char* folder : {"/usr/lib/heartbeat", "/usr/libexec/heartbeat"}) {
    directory(folder);
    for (const char* name : {"send_arp", "send_ua"}) symbolic_link("/.sim/shim", std::string(folder) + "/" + name);
  }
  build_ocf();
}

void build_dev() {
  directory("/dev/shm");
  for (const char* name : {"/dev/null", "/dev/zero", "/dev/full"}) {
    must(write_file(kRoot + name, "", 0666), std::string("cannot make ") + name);
    bind(name, name);
  }
  symbolic_link("/proc/self/fd", "/dev/fd");
  symbolic_link("/proc/self/fd/0", "/dev/stdin");
  symbolic_link("/proc/self/fd/1", "/dev/stdout");
  symbolic_link("/proc/self/fd/2", "/dev/stderr");
}

void build_proc() {
  directory("/.sim/proc");
  must(mount("proc", (kRoot + "/.sim/proc").c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0,
       "cannot mount proc");
  directory("/proc");
  symbolic_link("/.sim/proc/self", "/proc/self");
  symbolic_link("/.sim/proc/thread-self", "/proc/thread-self");
}

void build_etc(const std::string& node) {
  directory("/etc");
  if (is_directory("/etc/alternatives")) {
    directory("/.host/alternatives");
    bind("/etc/alternatives", "/.host/alternatives");
    read_only("/.host/alternatives");
    symbolic_link("/.host/alternatives", "/etc/alternatives");
  }
  if (FILE* cache = fopen("/etc/ld.so.cache", "re")) {
    std::string bytes;
    char piece[65536];
    while (const std::size_t length = fread(piece, 1, sizeof piece, cache)) bytes.append(piece, length);
    fclose(cache);
    write_file(kRoot + "/etc/ld.so.cache", bytes, 0644);
  }
  const std::string etc = kRoot + "/etc/";
  write_file(etc + "hostname", node + "\n", 0644);
  write_file(etc + "nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n", 0644);
  write_file(etc + "passwd",
             "root:x:0:0:root:/root:/bin/sh\nhacluster:x:189:189:cluster user:/:/sbin/nologin\n"
             "nobody:x:65534:65534:nobody:/:/sbin/nologin\n",
             0644);
  write_file(etc + "group", "root:x:0:\nhaclient:x:189:\nnogroup:x:65534:\n", 0644);
}

void build_rest() {
  for (const char* path : {"/run/lock", "/run/resource-agents", "/run/heartbeat", "/tmp", "/var/tmp",
                           "/var/log/pacemaker", "/var/lib/heartbeat", "/var/lib/pacemaker", "/var/cache", "/var/spool",
                           "/root", "/home", "/mnt", "/media", "/srv", "/opt", "/sys/class/net", "/boot"})
    directory(path);
  symbolic_link("/run", "/var/run");
  symbolic_link("/run/lock", "/var/lock");
  chmod((kRoot + "/tmp").c_str(), 01777);
}

void copy_self() {
  const int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  must(self >= 0, "cannot read the box's own program");
  std::string bytes;
  char piece[65536];
  for (ssize_t length = 0; (length = read(self, piece, sizeof piece)) > 0;)
    bytes.append(piece, static_cast<std::size_t>(length));
  close(self);
  must(write_file(kRoot + "/.sim/shim", bytes, 0755), "cannot copy the box's own program");
}

void map_user(unsigned user, unsigned group) {
  write_file("/proc/self/setgroups", "deny", 0);
  must(write_file("/proc/self/uid_map", "0 " + std::to_string(user) + " 1", 0), "cannot map the user");
  must(write_file("/proc/self/gid_map", "0 " + std::to_string(group) + " 1", 0), "cannot map the group");
}

}  // namespace

bool write_file(const std::string& path, std::string_view content, unsigned mode) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC | (mode == 0 ? 0 : O_CREAT | O_TRUNC), mode);
  if (file < 0) return false;
  bool good = true;
  while (!content.empty() && good) {
    const ssize_t written = write(file, content.data(), content.size());
    good = written > 0;
    if (good) content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (mode != 0) fchmod(file, mode);
  close(file);
  return good;
}

bool make_directories(const std::string& path) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) return false;
    if (slash == std::string::npos) return true;
  }
}

void enter_namespaces() {
  const unsigned user = getuid();
  const unsigned group = getgid();
  const int all = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  must(unshare(user == 0 ? all : all | CLONE_NEWUSER) == 0, "cannot make namespaces (run as root)");
  if (user != 0) map_user(user, group);
  must(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "cannot make the mounts private");
  const pid_t first = fork();
  must(first >= 0, "cannot start a process");
  if (first == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return;
  }
  close(kControl);
  int status = 0;
  while (waitpid(first, &status, 0) < 0 && errno == EINTR) {
  }
  _exit(0);
}

void build_root(const std::string& node, const std::vector<std::string>& commands) {
  umask(022);
  must(sethostname(node.data(), node.size()) == 0, "cannot set the host's name");
  must(mount("simcluster", kRoot.c_str(), "tmpfs", MS_NOSUID, "mode=755") == 0, "cannot mount a tmpfs");
  directory("/.sim");
  copy_self();
  build_top();
  build_usr(commands);
  build_dev();
  build_proc();
  build_etc(node);
  build_rest();
  must(chdir(kRoot.c_str()) == 0, "cannot enter the new root");
  must(syscall(SYS_pivot_root, ".", ".") == 0, "cannot change the root");
  must(umount2(".", MNT_DETACH) == 0, "cannot leave the old root");
  must(chdir("/") == 0, "cannot enter the new root");
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

}  // namespace script_box
