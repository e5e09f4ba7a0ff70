using System.Text;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>Whether this runtime has Unicode's normal forms, without which the same words differ from device to device.
/// </summary>
public static class NormalForms
{
    // "ﬁ" is one character, "１" a wide digit, "é" an e with a combining accent: NFKC changes all three.
    private const string Probe = "\uFB01\uFF11e\u0301";
    private const string Expected = "fi1\u00E9";

    /// <summary>
    /// Whether this runtime can normalise at all. Under InvariantGlobalization .NET's NFKC leaves text as it is and
    /// says nothing: a passphrase set there would be another one on every other device.
    /// </summary>
    public static bool AreAvailable { get; } = Probe.Normalize(NormalizationForm.FormKC) == Expected;

    /// <summary>To be called when a program starts.</summary>
    /// <exception cref="PlatformNotSupportedException">This runtime cannot normalise Unicode.</exception>
    public static void Require()
    {
        if (!AreAvailable) Throw.CannotNormalize();
    }
}
