"""What reading a model card needs: the blocks of Markdown, and what headings mean."""
