"""The page of ``facelive live --view``: the avatar in 3D in a browser on this machine, moved by the stream.

``Page`` (server.py) is a tap of the publisher: it gets the same messages as every receiver and hands them to browsers
over a WebSocket. nicegui serves it and brings three.js; it is imported only when a page is opened.
"""
