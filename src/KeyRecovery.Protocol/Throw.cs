using System.Diagnostics.CodeAnalysis;

namespace KeyRecovery.Protocol;

/// <summary>
/// The exceptions for a caller's bug, in one place. None of them carries a value that could be secret.
/// </summary>
internal static class Throw
{
    public static void IfNotLength(int actual, int expected, string parameter)
    {
        if (actual != expected) throw new ArgumentException($"{expected} bytes expected, not {actual}", parameter);
    }

    public static void IfOutside(long value, long minimum, long maximum, string parameter)
    {
        if (value < minimum || value > maximum)
            throw new ArgumentOutOfRangeException(parameter, $"must lie between {minimum} and {maximum}");
    }

    [DoesNotReturn]
    public static void Argument(string parameter, string rule) => throw new ArgumentException(rule, parameter);

    [DoesNotReturn]
    public static void State(string rule) => throw new InvalidOperationException(rule);

    [DoesNotReturn]
    public static void CannotNormalize() => throw new PlatformNotSupportedException(
        "this program runs without Unicode normalisation (InvariantGlobalization): passphrases would differ from "
        + "device to device");

    /// <summary>For what cannot happen unless the native library or the machine is broken.</summary>
    public static void IfFailed(int status, string operation)
    {
        if (status != 0)
            throw new System.Security.Cryptography.CryptographicException($"libsodium: {operation} failed");
    }
}
