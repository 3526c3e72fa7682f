"""Makes one mistake that Khronos' validation layer has to report and lavapipe does not mind: it opens a device with a
queue of priority 2, where 1 is the most. `scripts/gpu.sh validated` reports nothing about this only if the layer is not
at work.
"""

import ctypes
import struct

vulkan = ctypes.CDLL("libvulkan.so.1")
kept = []


def packed(layout, *members):
    """The address of a C struct."""
    kept.append(ctypes.create_string_buffer(struct.pack(layout, *members)))
    return ctypes.c_void_p(ctypes.addressof(kept[-1]))


def call(name, *arguments):
    """Calls a function of Vulkan, which has to succeed."""
    status = getattr(vulkan, name)(*arguments)
    assert status == 0, f"{name}: {status}"


INSTANCE_CREATE_INFO, DEVICE_QUEUE_CREATE_INFO, DEVICE_CREATE_INFO = 1, 2, 3

instance = ctypes.c_void_p()
call("vkCreateInstance", packed("IPIPIPIP", INSTANCE_CREATE_INFO, *[0] * 7), None, ctypes.byref(instance))

count, adapter = ctypes.c_uint32(1), ctypes.c_void_p()
call("vkEnumeratePhysicalDevices", instance, ctypes.byref(count), ctypes.byref(adapter))

priority = packed("f", 2.0)
queue = packed("IPIIIP", DEVICE_QUEUE_CREATE_INFO, 0, 0, 0, 1, priority.value)
info = packed("IPIIPIPIPP", DEVICE_CREATE_INFO, 0, 0, 1, queue.value, *[0] * 5)
device = ctypes.c_void_p()
call("vkCreateDevice", adapter, info, None, ctypes.byref(device))

vulkan.vkDestroyDevice(device, None)
vulkan.vkDestroyInstance(instance, None)
