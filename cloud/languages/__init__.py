"""The languages of pages, documents and letters: their words, and how numbers, money and times look in them."""
