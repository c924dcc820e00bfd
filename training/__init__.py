"""How `qa/model/` was made: rows → tokenizer → pairs → training → export → evaluation. Not needed to run Kysy."""
