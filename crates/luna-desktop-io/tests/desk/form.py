"""A window with a green entry and a magenta password entry: form.py TITLE X Y."""

import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk

STYLE = b"""
entry { background: none; border: none; border-radius: 0; box-shadow: none; }
#name { background-color: #00ff00; color: #00ff00; }
#word { background-color: #ff00ff; color: #ff00ff; }
"""

title, x, y = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
GLib.set_prgname(title)
Gdk.set_program_class(title)
style = Gtk.CssProvider()
style.load_from_data(STYLE)
Gtk.StyleContext.add_provider_for_screen(Gdk.Screen.get_default(), style, Gtk.STYLE_PROVIDER_PRIORITY_USER)
column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=20, margin=30)
for name, visible in (("name", True), ("word", False)):
    # Without the focus there is no cursor that blinks.
    column.pack_start(Gtk.Entry(name=name, visibility=visible, text="secret", can_focus=False), False, False, 0)
window = Gtk.Window(title=title)
window.set_default_size(300, 160)
window.connect("destroy", Gtk.main_quit)
window.add(column)
window.show_all()
window.move(x, y)
Gtk.main()
