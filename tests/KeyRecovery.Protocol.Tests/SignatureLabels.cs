using System.Reflection;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Tests;

/// <summary>Every label of a signature that the code has.</summary>
internal static class SignatureLabels
{
    public static IReadOnlyList<SignatureLabel> All { get; } =
    [
        .. typeof(SignatureLabel).GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Where(property => property.PropertyType == typeof(SignatureLabel))
            .Select(property => (SignatureLabel)property.GetValue(null)!),
    ];

    /// <summary>The label of that text.</summary>
    public static SignatureLabel Of(string text) => All.Single(label => label.ToString() == text);
}
