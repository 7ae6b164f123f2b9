#include "engine/cib/crm_lexer.h"

#include "engine/cib/values.h"

namespace simcluster::cib {

namespace {

constexpr std::string_view kOpening = "([{";
constexpr std::string_view kClosing = ")]}";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

class Lexer {
 public:
  Lexer(std::string_view text, std::string_view file, int first_line, int indent)
      : text_(text), file_(file), line_(first_line), indent_(indent) {}

  Result<std::vector<CrmStatement>> run() {
    while (at_ < text_.size()) {
      skip_blanks();
      if (at_ == text_.size()) break;
      const char c = text_[at_];
      if (c == '\n') {
        end_statement();
        end_line();
      } else if (c == '#' && at_line_start_) {
        read_comment();
      } else if (c == '\\' && is_continuation()) {
        keep_raw();
        skip_line();
        end_line();
        raw_begin_ = at_;
        // The joined line's leading white space does not count, and neither does a comment there.
        at_line_start_ = false;
      } else if (auto error = read_word()) {
        return tl::unexpected<Error>(*error);
      }
    }
    end_statement();
    return std::move(statements_);
  }

 private:
  int column() const { return static_cast<int>(at_ - line_begin_) + 1 + indent_; }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  void skip_line() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }
  void read_comment() {
    const std::size_t begin = at_;
    const int begin_column = column();
    skip_line();
    std::string text(text_.substr(begin, at_ - begin));
    text.erase(text.find_last_not_of(" \t\r") + 1);
    comments_.push_back({std::move(text), line_, begin_column});
  }
  void end_line() {
    if (at_ < text_.size()) ++at_;
    ++line_;
    line_begin_ = at_;
    at_line_start_ = true;
  }
  void end_statement() {
    keep_raw();
    if (!current_.words.empty()) {
      for (char& c : current_.words.front().text) c = lower(c);
      current_.comments = std::move(comments_);
      comments_.clear();
      statements_.push_back(std::move(current_));
    }
    current_ = {};
  }
  // Takes over the text since raw_begin_ when it belongs to a statement.
  void keep_raw() {
    if (!current_.words.empty()) current_.raw.append(text_.substr(raw_begin_, at_ - raw_begin_)).append(" ");
    raw_begin_ = at_;
  }

  // A backslash with nothing but blanks, or blanks and a remark, behind it.
  bool is_continuation() const {
    std::size_t next = at_ + 1;
    while (next < text_.size() && is_blank(text_[next])) ++next;
    return next == text_.size() || text_[next] == '\n' || (text_[next] == '#' && next > at_ + 1);
  }

  void push(CrmWord word) {
    at_line_start_ = false;
    current_.words.push_back(std::move(word));
  }

  // Brackets stand alone, also where they touch a word.
  bool read_bracket() {
    const char c = text_[at_];
    if (kOpening.find(c) == std::string_view::npos && kClosing.find(c) == std::string_view::npos) return false;
    push({std::string(1, c), line_, column()});
    ++at_;
    return true;
  }

  bool is_xml_comment() const {
    return !current_.words.empty() && current_.words.front().text == "xml" && text_.substr(at_).starts_with("<!--");
  }

  // One word, whatever it says and over how many lines; blanks and line ends become one blank.
  bool read_xml_comment() {
    if (!is_xml_comment()) return false;
    keep_raw();
    CrmWord word{{}, line_, column()};
    while (at_ < text_.size() && text_[at_] != '\n' && !word.text.ends_with("-->")) {
      const bool continued = text_[at_] == '\\' && is_continuation();
      if (continued) {
        skip_line();
        end_line();
      }
      if (continued || is_blank(text_[at_])) {
        skip_blanks();
        if (!word.text.ends_with(' ')) word.text += ' ';
      } else {
        word.text += text_[at_++];
      }
    }
    current_.raw += word.text;
    raw_begin_ = at_;
    push(std::move(word));
    return true;
  }

  std::optional<Error> read_word() {
    if (current_.words.empty()) raw_begin_ = at_;
    if (read_bracket() || read_xml_comment()) return std::nullopt;
    CrmWord word{{}, line_, column()};
    int open = 0;  // brackets opened inside the word are part of it, as in an XPath
    // A pattern "/.../" may contain anything but blanks.
    const bool pattern = text_[at_] == '/';
    while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != '\n') {
      const char c = text_[at_];
      if ((c == '\\' && is_continuation()) || is_xml_comment()) break;
      if (kOpening.find(c) != std::string_view::npos) ++open;
      if (!pattern && kClosing.find(c) != std::string_view::npos && open-- == 0) break;
      if (c == '"' || c == '\'') {
        if (auto error = read_quoted(word)) return error;
        continue;
      }
      if (c == '\\' && at_ + 1 < text_.size()) ++at_;
      word.text += text_[at_++];
    }
    push(std::move(word));
    return std::nullopt;
  }

  std::optional<Error> read_quoted(CrmWord& word) {
    const char quote = text_[at_];
    const int start_line = line_;
    const int start_column = column();
    for (++at_; at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n'; ++at_) {
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size() &&
          (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\'))
        ++at_;
      word.text += text_[at_];
    }
    if (at_ == text_.size() || text_[at_] != quote)
      return Error{std::string("the quotation begun here has no end (expected ") + quote + " on the same line)",
                   {std::string(file_), start_line, start_column}};
    ++at_;
    return std::nullopt;
  }

  std::string_view text_;
  std::string_view file_;
  int line_;
  int indent_;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  std::size_t raw_begin_ = 0;
  bool at_line_start_ = true;
  CrmStatement current_;
  std::vector<CrmWord> comments_;
  std::vector<CrmStatement> statements_;
};

}  // namespace

Result<std::vector<CrmStatement>> split_crm_text(std::string_view text, std::string_view file_name, int first_line,
                                                 int indent) {
  return Lexer(text, file_name, first_line, indent).run();
}

}  // namespace simcluster::cib
