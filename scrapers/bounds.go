package scrapers

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// What a document may be at most: several times what any real one is. Without these bounds a page of one megabyte can ask for more
// memory than there is: an element such as <b x> that is left open is opened again in every paragraph after it.
const (
	largestPage    = 8 << 20
	mostTags       = 200_000
	mostNodes      = 4_000_000
	mostAttributes = 4_096
	mostRoots      = 20
	mostText       = 256 << 20 // asked of every element in turn
	mostCommas     = 3_000_000 // of a JSON document: a value, or nearly
)

var errTooMuch = errors.New("the page has more elements or text than any real one, or leaves more open")

// formatting are the elements that stay in force where they are left open. <a> is one too, but a second one ends the first.
var formatting = []string{"b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}

// checkPage refuses a page whose tree could not be built within bounds. It weighs whatever may be a tag, in comments and scripts
// too, because what is one depends on what stood before.
func checkPage(body []byte) error {
	if len(body) > largestPage {
		return fmt.Errorf("a page of %d bytes is larger than any real one", len(body))
	}
	_, err := weigh(body)
	return err
}

func weigh(body []byte) (pageWeight, error) {
	w := pageWeight{open: map[string]int{}, unread: 8*len(body) + 1<<20}
	for {
		at := bytes.IndexByte(body, '<')
		if at < 0 {
			return w, nil
		}
		if err := w.add(body[at:]); err != nil {
			return w, err
		}
		body = body[at+1:]
	}
}

// checkTree refuses a page whose text could not be asked of every element in bounded time: it is long, and lies deep.
func checkTree(page *goquery.Document) error {
	length := 0
	for _, root := range page.Nodes {
		length += nestedText(root, 0)
	}
	if length > mostText {
		return errTooMuch
	}
	return nil
}

// nestedText is the length of the texts of all elements together.
func nestedText(n *html.Node, depth int) int {
	if n.Type == html.TextNode {
		return len(n.Data) * depth
	}
	length := 0
	for child := range n.ChildNodes() {
		length += nestedText(child, depth+1)
	}
	return length
}

// pageWeight adds up the most nodes that a page's tree can have.
type pageWeight struct {
	tags, nodes, roots int
	// open counts the formatting elements that may have been left open; reopened is what they cost at each text after them.
	open     map[string]int
	reopened int
	// unread is how many bytes may still be read in search of the ends of tags.
	unread int
}

// add weighs what begins with a '<': a tag, what it implies, and the text after it.
func (w *pageWeight) add(rest []byte) error {
	w.tags++
	w.nodes += 3 + w.reopened
	if w.tags > mostTags || w.nodes > mostNodes {
		return errTooMuch
	}
	tag, err := w.tag(rest)
	switch {
	case err != nil || tag.name == "":
		return err
	case tag.attributes > mostAttributes:
		return fmt.Errorf("an element of the page has %d attributes", tag.attributes)
	case tag.name == "html" || tag.name == "body":
		return w.root(tag)
	case slices.Contains(formatting, tag.name):
		return w.format(tag, rest)
	}
	return nil
}

// root counts <html> and <body>: the attributes of each are merged with those of all before it.
func (w *pageWeight) root(tag startTag) error {
	if tag.attributes > 0 {
		w.roots++
	}
	if w.roots > mostRoots {
		return fmt.Errorf("the page begins more than %d times", mostRoots)
	}
	return nil
}

// format counts a formatting element that may be opened again, with its attributes. Of equal ones the parser keeps three.
func (w *pageWeight) format(tag startTag, text []byte) error {
	closes, err := w.closes(tag, text)
	if err != nil || closes {
		return err
	}
	name := string(text[:tag.length])
	if w.open[name]++; w.open[name] <= 3 {
		w.reopened += 1 + tag.attributes/2
	}
	return nil
}

// startTag is a start tag with its length; without a name it is none, or has no end.
type startTag struct {
	name               string
	attributes, length int
}

// tag reads the start tag that text begins with.
func (w *pageWeight) tag(text []byte) (startTag, error) {
	if len(text) < 2 || text[0] != '<' || !isLetter(text[1]) {
		return startTag{}, nil
	}
	tokens := html.NewTokenizer(bytes.NewReader(text))
	tokens.SetMaxBuf(w.unread + 1)
	if tokens.Next() == html.ErrorToken {
		if w.unread -= len(text); w.unread < 0 {
			return startTag{}, errors.New("the page has tags without end")
		}
		return startTag{}, nil
	}
	t := startTag{length: len(tokens.Raw())}
	w.unread -= t.length
	name, more := tokens.TagName()
	for t.name = string(name); more; t.attributes++ {
		_, _, more = tokens.TagAttr()
	}
	return t, nil
}

// closes says whether the element surely ends, whatever stands around it: it holds nothing but text and spans.
func (w *pageWeight) closes(tag startTag, text []byte) (bool, error) {
	end, closing := []byte("</"+tag.name+">"), []byte("</span>")
	for text = text[tag.length:]; ; {
		at := max(0, bytes.IndexByte(text, '<'))
		text = text[at:]
		within, err := w.tag(text)
		switch {
		case hasPrefixFold(text, end):
			return true, nil
		case hasPrefixFold(text, closing):
			text = text[len(closing):]
		case err != nil || within.name != "span":
			return false, err
		default:
			text = text[within.length:]
		}
	}
}

func hasPrefixFold(text, prefix []byte) bool {
	return len(text) >= len(prefix) && bytes.EqualFold(text[:len(prefix)], prefix)
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
