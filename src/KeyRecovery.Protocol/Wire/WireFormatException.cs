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

    /// <summary>Throws unless <paramref name="condition"/> holds.</summary>
    public static void Require([DoesNotReturnIf(false)] bool condition, string rule)
    {
        if (!condition) throw new WireFormatException(rule);
    }
}
