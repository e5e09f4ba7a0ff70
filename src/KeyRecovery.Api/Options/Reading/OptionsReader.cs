using System.Text.RegularExpressions;
using KeyRecovery.Api.Auth;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Options.Reading;

/// <summary>Reads and validates the options before anything is built on them.</summary>
internal static partial class OptionsReader
{
    /// <exception cref="OptionsValidationException">Something is wrong; every failure names its key.</exception>
    public static KeyRecoveryOptions Read(IConfiguration configuration, IHostEnvironment environment)
    {
        if (!ListenAddresses.AreAddresses(configuration))
            throw Invalid([$"{WebHostDefaults.ServerUrlsKey} is an address such as {ListenAddresses.Default}, or some "
                + "of them with ; between."]);
        var options = Bind(configuration.GetSection(KeyRecoveryOptions.Section));
        if (environment.IsDevelopment() && options.Apps.Count == 0) options.Apps.Add(DevelopmentIssuer.DemoApp());
        if (environment.IsDevelopment() && options.Operators.Count == 0)
            foreach (var app in options.Apps.Where(app => app.Issuer == DevelopmentIssuer.Name))
                options.Operators.Add(DevelopmentIssuer.OperatorOf(app));
        options.DrainSeconds ??= environment.IsDevelopment() ? 0 : 2;

        var result = new KeyRecoveryOptionsValidator(configuration, environment).Validate(null, options);
        return result.Failed ? throw Invalid(result.Failures) : options;
    }

    private static KeyRecoveryOptions Bind(IConfigurationSection section)
    {
        var options = new KeyRecoveryOptions();
        var unknown = UnknownKeys.Of(typeof(KeyRecoveryOptions), section).ToList();
        if (unknown.Count > 0) throw Invalid(unknown.Select(key => $"{key} is no setting."));
        try
        {
            section.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
            return options;
        }
        catch (InvalidOperationException failure)
        {
            throw Invalid([Told(Innermost(failure).Message)]);
        }
    }

    // The binder quotes the value, which may be secret, and a type of ours.
    private static string Told(string message)
    {
        if (Unreadable().Match(message) is not { Success: true } match)
            return $"{KeyRecoveryOptions.Section}: {message}";
        var type = typeof(KeyRecoveryOptions).Assembly.GetType(match.Groups[2].Value);
        return type is { IsEnum: true }
            ? $"{match.Groups[1].Value} is one of {string.Join(", ", Enum.GetNames(type))}."
            : $"{match.Groups[1].Value} cannot be read as what it is, {match.Groups[2].Value.Split('.')[^1]}.";
    }

    [GeneratedRegex("value '.*' at '([^']+)' to type '([^']+)'", RegexOptions.Singleline)]
    private static partial Regex Unreadable();

    // Of what stands in a list the binder says only inside which key it is.
    private static InvalidOperationException Innermost(InvalidOperationException failure)
    {
        for (var cause = failure.InnerException; cause is not null; cause = cause.InnerException)
            if (cause is InvalidOperationException inner) failure = inner;
        return failure;
    }

    private static OptionsValidationException Invalid(IEnumerable<string> failures) =>
        new(KeyRecoveryOptions.Section, typeof(KeyRecoveryOptions), failures);
}
