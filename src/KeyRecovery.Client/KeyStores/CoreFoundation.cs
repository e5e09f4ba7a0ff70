using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace KeyRecovery.Client.KeyStores;

/// <summary>What of Core Foundation is needed. Whoever creates releases.</summary>
[SupportedOSPlatform("macos")]
internal static partial class CoreFoundation
{
    /// <summary>kCFStringEncodingUTF8.</summary>
    public const uint Utf8 = 0x08000100;

    private const string Library = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation";

    private static readonly nint Names = NativeLibrary.Load(Library);

    /// <summary>Where a structure lies that has this name.</summary>
    public static nint Address(string name) => NativeLibrary.GetExport(Names, name);

    /// <summary>What a constant holds that has this name.</summary>
    public static nint Constant(string name) => Marshal.ReadIntPtr(Address(name));

    [LibraryImport(Library)]
    public static partial nint CFDictionaryCreateMutable(
        nint allocator, nint capacity, nint keyCallBacks, nint valueCallBacks);

    [LibraryImport(Library)]
    public static partial void CFDictionarySetValue(nint dictionary, nint key, nint value);

    [LibraryImport(Library)]
    public static partial nint CFStringCreateWithBytes(
        nint allocator, ReadOnlySpan<byte> bytes, nint length, uint encoding, byte isExternalRepresentation);

    [LibraryImport(Library)]
    public static partial nint CFDataCreate(nint allocator, ReadOnlySpan<byte> bytes, nint length);

    [LibraryImport(Library)]
    public static partial nint CFDataGetBytePtr(nint data);

    [LibraryImport(Library)]
    public static partial nint CFDataGetLength(nint data);

    [LibraryImport(Library)]
    public static partial void CFRelease(nint value);
}
