"""Invented names of varied origin: given and family names are drawn apart, so that nobody real is meant."""

FIRST: tuple[str, ...] = tuple(
    """
Aaliyah Abel Abram Ada Adela Adèle Aidan Aiko Aisha Alba Alejandro Alina Alma Amadou Amara Amina Amir Ana Anaïs Anders
Andrés Anh Anika Antonia Anwar Aoife Arjun Arlo Astrid Aurelio Ava Axel Ayla Azra Beatriz Ben Bianca Björn Bo Bodhi
Brielle Bruno Caleb Camila Carlos Carmen Cécile Celia Chidi Chloé Ciara Clara Clem Cleo Conor Cora Cyrus Dalia Damaris
Dana Danilo Dario Darnell Dashiell Delia Denzel Desta Devon Dinah Diya Dmitri Dolores Dominik Eamon Ebony Edda Eilís
Elena Eli Elías Elif Elodie Elsa Ema Emeka Emil Enzo Esme Esperanza Esther Etta Ezra Fadi Fatima Felix Fern Finn Fiona
Flor Folasade Frida Gael Gaia Gemma Gideon Greta Guadalupe Gus Habib Hadley Hana Hanne Hassan Hélène Hiro Hollis Hugo
Ida Idris Ilse Imani Inés Ines Ingrid Iris Isolde Itzel Ivan Ivo Jada Jalen Jamal Jasper Javier Jia Joaquín Jonas
José Josie Juniper Kai Kamala Karim Kaya Keanu Keiko Kenji Kerstin Khadija Kiona Kira Kofi Laila Lars Leila Leon Levi
Lía Linh Lior Livia Luca Lucía Luz Maeve Magnus Maia Malik Manu Mara Marisol Mateo Maximilian Mbali Mei Mika Milo Mina
Moses Nadia Nahla Naveen Nia Niko Nils Noé Noor Nuria Odette Ofelia Olek Omar Oona Orla Óscar Otis Owen Paloma Pascal
Petra Pia Priya Quincy Quinn Rafael Ramona Rashid Reina Renée René Rhea Rio Rosa Rowan Ruben Rumi Sabine Sade Salma
Samir Saoirse Sela Selma Seraphina Sienna Simone Siân Sol Sören Soraya Stellan Suki Suresh Talia Tamsin Tariq Tayo Tess
Thandi Theo Tobias Tomás Tova Ulla Uma Uriel Vada Valentín Vera Vic Viggo Wanda Wei Wilhelmina Winona Xavi Ximena Yael
Yara Yasmin Yusuf Yves Zadie Zahra Zane Zeynep Zoë Zoltán Zora Anne-Marie Jean-Luc Mary-Kate Ana-Sofía Lee-Ann
""".split()  # noqa: SIM905 (five hundred quoted words would be harder to read)
)

_PLAIN_LAST = """
Abara Abbasi Abernathy Achterberg Adeyemi Agbaje Aguilar Ahlström Akande Akhtar Albrecht Almeida Alvarado Amaya Andrade
Ansah Arancibia Araújo Arbuckle Arroyo Asante Ashdown Avedisian Ayala Ayodele Babić Bachmann Bajwa Balogun Bancroft
Barragán Barros Baskerville Batista Bauer Beaumont Begay Bellamy Benally Benítez Bergström Bhatt Bianchi Birdsong
Blackwood Blanchet Bogdanov Boateng Bondarenko Borges Bouchard Brandt Briones Brookhaven Bui Bukowski Cabrera Calderón
Camara Cardoso Carranza Castellanos Castillo Cavanaugh Ceballos Chakraborty Chandler Chaudhry Chávez Chernov Cho
Chukwu Cisneros Clearwater Colón Contreras Córdova Corrigan Côté Coulibaly Covarrubias Cruickshank Cuevas Czarnecki
Dąbrowski Danso Darko Dávila Delacroix Deschamps Diallo Diaz Dimitrov Dlamini Doan Domínguez Donnelly Dorsey Draper
Drummond Duarte Dubois Dukić Dumont Echeverría Eisenberg Ekström Elizondo Emerson Engström Enríquez Escobedo Espinoza
Estévez Eze Fairchild Falk Farrow Faulkner Ferreira Fielding Figueroa Finnegan Fitzroy Fontaine Forsythe Fournier
Frederiksen Fuentes Fujimoto Gallagher Gallegos Gálvez Garfield Gaspar Gebhardt Georgiou Ghosh Gilchrist Giordano
Goldblum Gómez Gonçalves Granger Greyeyes Grünwald Guerrero Gunderson Gutiérrez Haddad Hakimi Halloran Hartwell
Hassani Havili Hellström Hennessy Hernández Hidalgo Hightower Hinojosa Hoang Holloway Horváth Huang Huerta Ibáñez
Ibarra Igwe Iliescu Ishikawa Ivanova Jablonski Jaramillo Jefferies Jiménez Johansen Jonsson Jovanović Juárez Kaczmarek
Kamau Kanoa Karimi Kassab Kaufmann Kavanagh Keahi Kessler Khoury Kiplagat Kirchner Kobayashi Kovač Kowalczyk Krämer
Kruger Kumar Kuznetsova Laframboise Lamontagne Larkspur Larsson Lavoie Leclerc Lemaître Lévesque Lindqvist Littlebear
Llewellyn Lombardi Longfellow Lozano Lund Luján Macías MacTavish Maddox Mahmood Maldonado Malherbe Mandal Manzanares
Marchetti Mariscal Márquez Matsuda Mbeki McAllister McCrory McElroy Medina Mehta Meier Mendes Mendoza Mensah Mercado
Mireles Mohamud Molina Montague Montoya Morales Moreau Mukherjee Müller Muñoz Murrieta Nakamura Nasser Navarro Ndiaye
Nguyen Nielsen Nieves Novák Nuñez Obi Ocampo Odhiambo O'Farrell Ogunleye Ojeda Okafor Okoye Olivares O'Rourke Orozco
Ortega Östberg Ouedraogo Pacheco Padilla Palacios Papadakis Paredes Park Patel Pavlenko Peña Pereira Petrović Pham
Pickering Pineda Popescu Quiñones Quintana
""".split()  # noqa: SIM905

_COMPOUND_LAST = (
    "Castillo-Ruiz", "Smith-Okafor", "Peña-Lund", "Brandt-Meier", "Diallo-Marsh", "García-Huang", "Nguyen-Tran",
    "Lévesque-Roy", "Abara-Jones", "Müller-Kaya", "de la Cruz", "de los Santos", "van der Berg", "von Ahlen", "del Río",
    "da Silva", "El Amrani", "Al-Masri", "Ben Youssef", "St. Clair", "San Martín", "Ó Briain", "Ní Dhomhnaill",
    "Le Goff", "Running Elk", "Two Hawks", "Tran Le", "Ruiz Ortega",
)  # fmt: skip

LAST: tuple[str, ...] = (*_PLAIN_LAST, *_COMPOUND_LAST)

COUNTIES = (
    "Adair", "Barry", "Boone", "Callaway", "Cass", "Christian", "Clay", "Cole", "Greene", "Jackson", "Jasper",
    "Jefferson", "Johnson", "Newton", "Phelps", "Platte", "Pulaski", "St. Charles", "St. Louis City", "Taney",
)  # fmt: skip
OFFICES = tuple(f"{county} office" for county in COUNTIES)
POLICE = (*(f"{county} County Sheriff" for county in COUNTIES[:12]), "Metro Police", "State Highway Patrol")
RACES = ("White", "Black", "Hispanic", "Asian", "American Indian", "Pacific Islander", "Two or more")
INITIALS = tuple("ABCDEFGHIJKLMNOPRSTVW")
