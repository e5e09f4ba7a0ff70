using System.Reflection;

namespace KeyRecovery.Api.Options.Reading;

/// <summary>
/// Which keys of a section no option has, by their whole path: the binder names the last part of them, and a type that
/// no operator knows.
/// </summary>
internal static class UnknownKeys
{
    private const BindingFlags Settable = BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase;

    public static IEnumerable<string> Of(Type type, IConfigurationSection section) =>
        section.GetChildren().SelectMany(child =>
            ElementOf(type) is { } element ? Of(element, child)
            : type.Namespace?.StartsWith(nameof(KeyRecovery), StringComparison.Ordinal) != true ? []
            : type.GetProperty(child.Key, Settable) is { } property ? Of(Bare(property.PropertyType), child)
            : [child.Path]);

    private static Type Bare(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static Type? ElementOf(Type type) =>
        type.IsArray ? type.GetElementType()
        : type is { IsGenericType: true, IsInterface: true } ? type.GetGenericArguments()[0] : null;
}
