using System.Diagnostics.CodeAnalysis;

namespace KeyRecovery.Protocol.Wire;

/// <summary>Bytes that are not what their format says. The message names the rule, never the bytes.</summary>
public sealed class WireFormatException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">The rule that was broken, for a developer to read.</param>
    public WireFormatException(string message) : base(message) { }

    /// <summary>Makes the exception.</summary>
    public WireFormatException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Makes the exception without a message.</summary>
    public WireFormatException() : base("malformed") { }

    /// <summary>
    /// Which part of a larger structure it is, such as <c>manifest</c>; null for the structure itself.
    /// </summary>
    public string? Part { get; private init; }

    /// <summary>Decodes a part of a larger structure, and names it where it is malformed.</summary>
    public static T In<T>(string part, ReadOnlyMemory<byte> bytes, Func<ReadOnlyMemory<byte>, T> decode)
    {
        try
        {
            return decode(bytes);
        }
        catch (WireFormatException e)
        {
            throw new WireFormatException(e.Message, e) { Part = part };
        }
    }

    /// <summary>Throws unless <paramref name="condition"/> holds.</summary>
    public static void Require([DoesNotReturnIf(false)] bool condition, string rule)
    {
        if (!condition) throw new WireFormatException(rule);
    }
}

/// <summary>A structure of a version, kind or flag that this program does not know (docs/protocol.md §12).</summary>
public sealed class UpgradeRequiredException : Exception
{
    /// <summary>Makes the exception.</summary>
    public UpgradeRequiredException(string message) : base(message) { }

    /// <summary>Makes the exception.</summary>
    public UpgradeRequiredException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Makes the exception.</summary>
    public UpgradeRequiredException() : base("a newer version is needed to read this") { }
}
