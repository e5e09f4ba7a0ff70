using System.Text;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Http;

/// <summary>Builds the bytes that RFC 9421 signs (§2.5), for any list of components.</summary>
internal static class HttpSignatureBase
{
    public static byte[] Build(ReadOnlySpan<(string Component, string Value)> covered, string parameters)
    {
        var text = new StringBuilder();
        foreach (var (component, value) in covered)
        {
            // A line break in a value would forge the next component (RFC 9421 §7.5.6).
            WireFormatException.Require(
                value.Length > 0 && !value.AsSpan().ContainsAnyExceptInRange(' ', '~'),
                "a signed component is printable ASCII");
            text.Append('"').Append(component).Append("\": ").Append(value).Append('\n');
        }

        text.Append("\"@signature-params\": ").Append(parameters);
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
