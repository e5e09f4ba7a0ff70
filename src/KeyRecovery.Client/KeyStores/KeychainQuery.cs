using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace KeyRecovery.Client.KeyStores;

/// <summary>A CFDictionary of what Keychain Services are asked; it retains what is in it.</summary>
[SupportedOSPlatform("macos")]
internal sealed class KeychainQuery : IDisposable
{
    private static readonly nint Names = NativeLibrary.Load(Keychain.Security);

    /// <summary>The dictionary.</summary>
    public nint Handle { get; } = CoreFoundation.CFDictionaryCreateMutable(
        0, 0, CoreFoundation.Address("kCFTypeDictionaryKeyCallBacks"),
        CoreFoundation.Address("kCFTypeDictionaryValueCallBacks"));

    /// <summary>Adds a text, or the constant that has this name.</summary>
    public KeychainQuery Add(string name, string value, bool isName = false)
    {
        if (isName) return Set(name, Named(value));
        var utf8 = Encoding.UTF8.GetBytes(value);
        return SetOwned(name, CoreFoundation.CFStringCreateWithBytes(
            0, utf8, utf8.Length, CoreFoundation.Utf8, isExternalRepresentation: 0));
    }

    /// <summary>Adds yes or no.</summary>
    public KeychainQuery Add(string name, bool value) =>
        Set(name, CoreFoundation.Constant(value ? "kCFBooleanTrue" : "kCFBooleanFalse"));

    /// <summary>Adds bytes.</summary>
    public KeychainQuery Add(string name, ReadOnlySpan<byte> value) =>
        SetOwned(name, CoreFoundation.CFDataCreate(0, value, value.Length));

    public void Dispose() => CoreFoundation.CFRelease(Handle);

    private KeychainQuery SetOwned(string name, nint value)
    {
        Set(name, value);
        CoreFoundation.CFRelease(value);
        return this;
    }

    private KeychainQuery Set(string name, nint value)
    {
        CoreFoundation.CFDictionarySetValue(Handle, Named(name), value);
        return this;
    }

    // A constant is a variable that holds a CFString.
    private static nint Named(string name) => Marshal.ReadIntPtr(NativeLibrary.GetExport(Names, name));
}
