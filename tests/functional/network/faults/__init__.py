"""What breaks between the Neutrons, and inside of them: processes that end at a commit, proxies that lie."""
