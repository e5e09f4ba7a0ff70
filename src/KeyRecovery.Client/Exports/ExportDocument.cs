using System.Text.Json;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Exports;

/// <summary>The service's own document (docs/protocol.md §22), as far as a device reads it: the rest is passed on.
/// </summary>
internal static class ExportDocument
{
    private const string Format = "keyrecovery/v1/account-export";
    private const int Version = 1;

    /// <summary>The items' versions that it tells; null where it is no such document, or was cut.</summary>
    /// <exception cref="UpgradeRequiredException">It is of a version that this client does not know.</exception>
    public static List<(bool IsCurrent, ManifestItem Item)>? ReadItems(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.GetProperty("format").GetString() != Format) return null;
            if (root.GetProperty("version").GetInt32() != Version) throw new UpgradeRequiredException();
            if (!root.GetProperty("complete").GetBoolean()) return null;
            var items = new List<(bool, ManifestItem)>();
            foreach (var item in root.GetProperty("items").EnumerateArray())
            {
                var state = item.GetProperty("state").GetString();
                if (state is not ("current" or "older")) continue;
                if (!ItemId.TryParse(item.GetProperty("id").GetString() ?? "", out var id)
                    || !Hash256.TryParse(item.GetProperty("hash").GetString() ?? "", out var hash)) return null;
                items.Add((state == "current", new ManifestItem(
                    id, item.GetProperty("version").GetUInt64(), item.GetProperty("epoch").GetUInt64(),
                    item.GetProperty("size").GetInt64(), hash)));
            }

            return items;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            return null;
        }
    }
}
