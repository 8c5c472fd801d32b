"""Tables of ours inside a Neutron server's own database, and what reads and writes them.

They live there, not in Tricircle's database, because each row belongs to the transaction of the Neutron object it
speaks of.
"""
