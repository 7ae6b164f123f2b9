// By libxml2, on a copy of the tree whose nodes know which element they stand for.
#include "engine/cib/xpath.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include <libxml/tree.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

namespace simcluster::cib {

namespace {

struct Freed {
  void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
  void operator()(xmlXPathContext* context) const { xmlXPathFreeContext(context); }
  void operator()(xmlXPathObject* object) const { xmlXPathFreeObject(object); }
};

const xmlChar* chars(const std::string& text) { return reinterpret_cast<const xmlChar*>(text.c_str()); }

// The number of the element in the node's pocket, one higher: zero is for nodes that stand for none.
xmlNode* copy(const Element& element) {
  xmlNode* node = xmlNewNode(nullptr, chars(std::string(element.name())));
  node->_private = reinterpret_cast<void*>(std::uintptr_t{element.index().index()} + 1);
  for (const Attribute attribute : element.attributes())
    xmlNewProp(node, chars(std::string(attribute.name)), chars(std::string(attribute.value)));
  for (const Element child : element.children()) xmlAddChild(node, copy(child));
  return node;
}

std::uintptr_t number_of(const xmlNode* node) {
  while (node != nullptr && node->type != XML_ELEMENT_NODE) node = node->parent;
  return node == nullptr ? 0 : reinterpret_cast<std::uintptr_t>(node->_private);
}

}  // namespace

std::vector<Element> select(const Document& document, std::string_view expression) {
  std::vector<Element> found;
  if (!document.root()) return found;
  const std::unique_ptr<xmlDoc, Freed> tree(xmlNewDoc(nullptr));
  xmlDocSetRootElement(tree.get(), copy(document.root()));
  const std::unique_ptr<xmlXPathContext, Freed> context(xmlXPathNewContext(tree.get()));
  xmlSetStructuredErrorFunc(nullptr, [](void*, xmlErrorPtr) {});
  const std::unique_ptr<xmlXPathObject, Freed> result(xmlXPathEval(chars(std::string(expression)), context.get()));
  xmlSetStructuredErrorFunc(nullptr, nullptr);
  if (!result || result->type != XPATH_NODESET || result->nodesetval == nullptr) return found;
  xmlXPathNodeSetSort(result->nodesetval);
  for (int i = 0; i < result->nodesetval->nodeNr; ++i) {
    const std::uintptr_t number = number_of(result->nodesetval->nodeTab[i]);
    const Element element =
        number == 0 ? document.root() : document.element(ElementId(static_cast<ElementId::rep>(number - 1)));
    if (std::find(found.begin(), found.end(), element) == found.end()) found.push_back(element);
  }
  return found;
}

}  // namespace simcluster::cib
